import type { ReactNode } from 'react'

/** The verifier is a page of its own, without an account. In a tab of its own, so that nobody is signed out by it. */
export function VerifierLink({ children }: { readonly children: ReactNode }) {
  return (
    <a href="/verify" target="_blank" rel="noreferrer">
      {children}
    </a>
  )
}
