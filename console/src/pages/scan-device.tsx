import { Alert, AutoComplete, Button, Card, Descriptions, Form, Input, Popconfirm } from 'antd'
import { enrolKey, listKeys } from '../../../certs/endorsed-keys/contract.ts'
import { checkDigit } from '../../../core/identifier/check-digit.ts'
import { gs1 } from '../../../core/identifier/code.ts'
import { jwkThumbprint, toPublicJwk } from '../../../core/jwk.ts'
import { typ } from '../../../core/typ.ts'
import { call } from '../api/call.ts'
import { useAct, useAsk } from '../api/use.ts'
import { Code, Digest, When } from '../parts/values.tsx'
import { useQueue } from '../scan/queue.tsx'
import { type Device, forgetDevice, keepDevice } from '../session/device.ts'
import { type Session, useSession } from '../session/session.tsx'
import { DAY, instantOf, signAct } from '../session/signing.ts'
import { useText } from '../text/text.tsx'

type DeviceCardProps = {
  /** null where this browser is no device of the organization; undefined until that is known. */
  readonly device: Device | null | undefined
  readonly changed: () => void
}

/** The device that this browser is, or the way to make it one. */
export function DeviceCard({ device, changed }: DeviceCardProps) {
  const t = useText()
  const { identity } = useSession()
  const { waiting } = useQueue()
  if (device === undefined) return null
  if (device === null) return <Enrol changed={changed} />
  return (
    <Card
      size="small"
      title={t.scan.device}
      extra={
        <Popconfirm
          title={waiting > 0 ? t.scan.waitingKey : t.scan.forget}
          okButtonProps={{ disabled: waiting > 0 }}
          onConfirm={() => void forgetDevice(identity.uscc).then(changed)}
          okText={t.common.yes}
          cancelText={t.common.no}
        >
          <Button size="small">{t.scan.forget}</Button>
        </Popconfirm>
      }
    >
      <Descriptions
        size="small"
        column={{ xs: 1, md: 2 }}
        items={[
          { key: 'l', label: t.scan.label, children: device.label },
          { key: 'p', label: t.scan.at, children: <Code text={device.location} /> },
          { key: 't', label: t.common.digest, children: <Digest text={device.thumbprint} /> },
          { key: 'u', label: t.scan.since, children: <When at={device.notAfter} /> },
        ]}
      />
    </Card>
  )
}

type Values = { readonly gln: string; readonly label: string }

function Enrol({ changed }: { readonly changed: () => void }) {
  const t = useText()
  const { identity, gln } = useSession()
  const keys = useAsk(listKeys, { query: { limit: 200 } })
  const known = new Set(
    [...(gln === null ? [] : [gln]), ...(keys.data?.items ?? []).map(key => glnOf(key.location ?? ''))].filter(Boolean),
  )
  const enrolling = useAct(
    async (session, values: Values) => {
      await enrol(session, values)
      changed()
    },
    () => t.scan.enrolled,
  )
  // The form begins with a place that is known, so it waits for the list of them.
  if (keys.isPending) return null
  return (
    <Card title={t.scan.noDevice}>
      <Alert type="info" showIcon title={t.scan.enrolLead} style={{ marginBottom: 16 }} />
      <Form<Values>
        layout="vertical"
        onFinish={values => enrolling.mutate(values)}
        initialValues={{ gln: [...known][0] ?? '', label: t.scan.labelDefault }}
      >
        <Form.Item
          name="gln"
          label={t.scan.gln}
          rules={[
            {
              validator: (_, text: string) =>
                isGln(text) ? Promise.resolve() : Promise.reject(new Error(t.scan.glnInvalid)),
            },
          ]}
        >
          <AutoComplete style={{ maxWidth: 320 }} options={[...known].map(value => ({ value }))} />
        </Form.Item>
        <Form.Item name="label" label={t.scan.label} rules={[{ required: true, message: t.scan.label }]}>
          <Input style={{ maxWidth: 320 }} maxLength={100} />
        </Form.Item>
        <p>{t.common.signedBy(identity.name)}</p>
        <Button type="primary" htmlType="submit" loading={enrolling.isPending}>
          {t.scan.enrol}
        </Button>
      </Form>
    </Card>
  )
}

const glnOf = (location: string): string => /\/414\/(\d{13})/.exec(location)?.[1] ?? ''

const isGln = (text: string): boolean => /^\d{13}$/.test(text) && checkDigit(text.slice(0, 12)) === text[12]

/** A key that the browser won't give out, endorsed for one place for a year. */
const enrol = async ({ client, identity }: Session, { gln, label }: Values): Promise<void> => {
  const { privateKey, publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, false, [
    'sign',
    'verify',
  ])
  const jwk = toPublicJwk(await crypto.subtle.exportKey('jwk', publicKey))
  const thumbprint = jwkThumbprint(jwk)
  const location = gs1('414', gln).text
  const now = Date.now()
  const notAfter = instantOf(Math.min(now + 365 * DAY, identity.notAfter))
  const endorsement = {
    id: crypto.randomUUID(),
    kind: 'device',
    uscc: identity.uscc,
    jwk,
    thumbprint,
    location,
    label,
    // A minute back: the node's clock may be behind this one.
    notBefore: instantOf(now - 60_000),
    notAfter,
  }
  await call(client, enrolKey, { body: await signAct(identity, typ.keyEndorsement, endorsement) })
  await keepDevice({ uscc: identity.uscc, privateKey, thumbprint, location, label, notAfter, seq: 0 })
}
