/** It lives in core, since a browser opens such files as well. */
export { type Identity, readPkcs12, writePkcs12 } from '../core/pkcs12.ts'
