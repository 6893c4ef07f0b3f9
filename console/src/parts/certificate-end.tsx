import { useText } from '../text/text.tsx'
import { Mark } from './mark.tsx'
import { When } from './values.tsx'

/** Milliseconds before its end from which a certificate asks to be renewed; as `tallystick_certificates_expiring` counts. */
const EXPIRING_MS = 30 * 86_400_000
const DAY_MS = 86_400_000

/** When a certificate ends, and whether that is soon. */
export function CertificateEnd({ at }: { readonly at: string | number }) {
  const t = useText()
  const left = new Date(at).getTime() - Date.now()
  return (
    <>
      <When at={at} />
      {left <= 0 ? (
        <>
          {' '}
          <Mark tone="bad">{t.organizations.expired}</Mark>
        </>
      ) : (
        left <= EXPIRING_MS && (
          <>
            {' '}
            <Mark tone="warn">{t.organizations.expiring(Math.floor(left / DAY_MS))}</Mark>
          </>
        )
      )}
    </>
  )
}
