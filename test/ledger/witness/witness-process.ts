import { createPrivateKey, createPublicKey, sign } from 'node:crypto'
import { parseVerifierKey } from '../../../core/note.ts'
import { connect } from '../../../db/database.ts'
import { type Keyed, startWitnessServer } from './witness-server.ts'

/** A witness in a process of its own, which says where it listens and goes on until it is killed. */
const [url = '', origin = '', logKey = '', pem = ''] = process.argv.slice(2)
const privateKey = createPrivateKey(Buffer.from(pem, 'base64').toString())
const key: Keyed = {
  name: 'witness.example/w1',
  publicKey: new Uint8Array(createPublicKey(privateKey).export({ format: 'der', type: 'spki' }).subarray(-32)),
  sign: message => new Uint8Array(sign(null, message, privateKey)),
}
const { db } = connect(url, () => undefined)
const server = await startWitnessServer(db, [{ origin, keys: [parseVerifierKey(logKey)] }], { key })
process.stdout.write(`${server.url} ${server.vkey}\n`)
