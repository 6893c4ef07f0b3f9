/** Where `tallystick signer` listens, and where alone a page may ask for it. */
export const SIGNER_PORT = 7825
export const SIGNER_ADDRESS = `http://127.0.0.1:${SIGNER_PORT}`
