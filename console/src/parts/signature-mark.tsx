import { Link } from '@tanstack/react-router'
import { Descriptions } from 'antd'
import { hex } from '../../../core/bytes.ts'
import { parseCompact } from '../../../core/jws.ts'
import { type Certificate, parseCertificate } from '../../../core/x509/certificate.ts'
import { useText } from '../text/text.tsx'
import { Mark } from './mark.tsx'
import { Organization, When } from './values.tsx'

type SignatureMarkProps = {
  /** Null once it is erased. */
  readonly jws: string | null
  readonly signer: string
  readonly index: string
  readonly at: string
}

/** Who signed, with which certificate, when it was logged and where. The node has checked it before it logged it. */
export function SignatureMark({ jws, signer, index, at }: SignatureMarkProps) {
  const { hospital, signIn, common } = useText()
  const certificate = jws === null ? undefined : certificateOf(jws)
  const entry = (
    <Link to="/entry/$index" params={{ index }}>
      {common.logIndex} {index}
    </Link>
  )
  if (certificate === undefined)
    return (
      <>
        <Mark tone="unknown">{hospital.notSigned}</Mark> {entry}
      </>
    )
  return (
    <Descriptions
      size="small"
      column={{ xs: 1, md: 2 }}
      items={[
        { key: 'w', label: hospital.signature, children: <Organization uscc={signer} /> },
        { key: 't', label: common.time, children: <When at={at} /> },
        { key: 'c', label: hospital.signedBy, children: nameOf(certificate.issuer) },
        { key: 'n', label: hospital.serial, children: <span className="code">{hex(certificate.serial)}</span> },
        { key: 'u', label: signIn.validUntil, children: <When at={certificate.notAfter} /> },
        { key: 'e', label: hospital.entry, children: entry },
      ]}
    />
  )
}

const COMMON_NAME = '2.5.4.3'

const nameOf = ({ attributes }: Certificate['issuer']): string => attributes.get(COMMON_NAME)?.[0] ?? ''

const certificateOf = (jws: string): Certificate | undefined => {
  const parsed = parseCompact(jws)
  const leaf = parsed.ok ? parsed.header.x5c?.[0] : undefined
  if (leaf === undefined) return undefined
  try {
    return parseCertificate(leaf)
  } catch {
    // What can't be read is not shown; the verifier says why.
    return undefined
  }
}
