import { Button, Input, Modal } from 'antd'
import { useId, useState } from 'react'
import type { AuthorizationState } from '../../../core/authorization/states.ts'
import { typ } from '../../../core/typ.ts'
import { revokeAuthorization } from '../../../exchange/authorizations/contract.ts'
import { call } from '../api/call.ts'
import { useAct } from '../api/use.ts'
import { handInAct, instantOf, newNonce } from '../session/signing.ts'
import { useText } from '../text/text.tsx'

export const isRevocable = (state: AuthorizationState): boolean =>
  state === 'signed' || state === 'active' || state === 'suspended'

/** Ends an authorization for good, under the certificate of the supplier or of the bank. */
export function Revoke({ id, label }: { readonly id: string; readonly label?: string }) {
  const t = useText()
  const reasonId = useId()
  const [open, setOpen] = useState(false)
  const [reason, setReason] = useState('')
  const revoking = useAct(
    async (session, why: string) => {
      const act = { authorization: id, act: 'revoke', reason: why, nonce: newNonce(), iat: instantOf() }
      await handInAct(session, typ.authorizationRevocation, act, body =>
        call(session.client, revokeAuthorization, { params: { id }, body }),
      )
      setOpen(false)
    },
    () => t.authorizations.revoked,
  )
  return (
    <>
      <Button danger aria-label={label} onClick={() => setOpen(true)}>
        {t.authorizations.revoke}
      </Button>
      <Modal
        open={open}
        title={t.authorizations.revokeTitle}
        okText={t.authorizations.revoke}
        cancelText={t.common.cancel}
        okButtonProps={{ danger: true, disabled: reason.trim() === '', loading: revoking.isPending }}
        onOk={() => revoking.mutate(reason.trim())}
        onCancel={() => setOpen(false)}
      >
        <label htmlFor={reasonId}>{t.authorizations.revokeReason}</label>
        <Input id={reasonId} maxLength={500} value={reason} onChange={event => setReason(event.target.value)} />
      </Modal>
    </>
  )
}
