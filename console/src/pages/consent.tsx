import { Button, Card, Flex, Typography } from 'antd'
import { getNode } from '../../../api/node-contract.ts'
import { typ } from '../../../core/typ.ts'
import { readDocument } from '../../../receivables/documents/contract.ts'
import { call } from '../api/call.ts'
import type { ApplicationView } from '../api/lists.ts'
import { useAct } from '../api/use.ts'
import { saveFile } from '../format/save.ts'
import { Code } from '../parts/values.tsx'
import { useSession } from '../session/session.tsx'
import { DAY, instantOf, newNonce, signAct } from '../session/signing.ts'
import { useText } from '../text/text.tsx'

/** The seller's consent to a financing, invoice by invoice. It goes to the bank as a file: only the bank may use it. */
export function Consents({ application }: { readonly application: ApplicationView }) {
  const t = useText()
  const { identity } = useSession()
  const consenting = useAct(async ({ client, identity }, invoice: ApplicationView['invoices'][number]) => {
    const { claims, number } = await call(client, readDocument, { params: { code: invoice.code } })
    if (claims.kind !== 'invoice') throw new TypeError('only an invoice is financed')
    const { financingRegistry } = await call(client, getNode, {})
    const { id, bank, seller, mode, recourse, currency } = application
    const consent = {
      application: id,
      bank,
      seller,
      invoice: invoice.code,
      commitment: invoice.commitment,
      mode,
      recourse,
      amount: claims.gross,
      currency,
      deadline: instantOf(Date.now() + 7 * DAY),
      ...(financingRegistry === null ? {} : { registry: financingRegistry }),
      nonce: newNonce(),
      iat: instantOf(),
    }
    saveFile(`consent-${number}.jws`, await signAct(identity, typ.financingConsent, consent), 'application/jose')
  })
  return (
    <Card title={t.applications.consent} size="small">
      <Typography.Paragraph type="secondary">
        {t.applications.consentLead} {t.common.signedBy(identity.name)}
      </Typography.Paragraph>
      <Flex vertical gap="small" align="flex-start">
        {application.invoices.map(invoice => (
          <Flex key={invoice.code} gap="middle" wrap align="center">
            <Code text={invoice.code} />
            <Button loading={consenting.isPending} onClick={() => consenting.mutate(invoice)}>
              {t.applications.signConsent}
            </Button>
          </Flex>
        ))}
      </Flex>
    </Card>
  )
}
