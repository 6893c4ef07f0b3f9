import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { join } from 'node:path'
import { createInterface } from 'node:readline/promises'
import { Command } from 'commander'
import { signEs256 } from '#es256'
import { importPrivateKeyPem } from '../../certs/keys.ts'
import { SIGNER_PORT } from '../../core/signer-address.ts'
import { parsePem } from '../../core/x509/pem.ts'
import { signWithCard } from '../signer/pkcs11.ts'
import { createSigner } from '../signer/server.ts'
import type { Shown } from '../signer/shown.ts'
import { readText } from './party.ts'
import { CommandError, httpAddress, type Terminal, wholeNumber } from './terminal.ts'

type Options = {
  readonly as: string
  readonly for: string
  readonly port: number
  readonly pkcs11?: string
  readonly id?: string
}

const PIN = 'TALLYSTICK_PIN'

/** For keys in cards, and for those who want to read on their own machine what they sign in a browser. */
export const signerCommand = (terminal: Terminal): Command =>
  new Command('signer')
    .description('sign for the console’s pages on this machine, after showing here what it is; Ctrl+C ends it')
    .requiredOption('--as <folder>', 'folder with chain.pem, and key.pem where the key is in no card')
    .requiredOption('--for <url>', 'address of the node whose console may ask', httpAddress)
    .option('--port <port>', 'on this machine; the console asks at 7825 alone', wholeNumber, SIGNER_PORT)
    .option('--pkcs11 <library>', `PKCS #11 library of the card; its PIN in ${PIN}`)
    .option('--id <hex>', 'of the key in the card')
    .action(async (options: Options) => {
      const { as, port, pkcs11: module, id } = options
      const [leaf, ...above] = parsePem('CERTIFICATE', await readText(join(as, 'chain.pem')))
      if (leaf === undefined) throw new CommandError(`${as}: chain.pem has no certificate`)
      if ((module === undefined) !== (id === undefined)) throw new CommandError('--pkcs11 goes with --id')
      if (id !== undefined && !/^(?:[0-9a-fA-F]{2}){1,32}$/.test(id)) throw new CommandError('--id takes hex')
      const sign =
        module !== undefined && id !== undefined
          ? signWithCard({ module, id, pinFrom: PIN })
          : await fromFile(join(as, 'key.pem'))
      const code = randomBytes(12).toString('base64url')
      const origin = new URL(options.for).origin
      const server = createSigner({
        sign,
        alg: 'ES256',
        chain: [leaf, ...above],
        origin,
        code,
        confirm: asked(terminal),
      })
      server.listen(port, '127.0.0.1')
      await once(server, 'listening').catch(cause => {
        throw new CommandError(`port ${port} is taken`, { cause })
      })
      const address = server.address()
      const taken = typeof address === 'object' && address ? address.port : port
      terminal.out(`码 code ${code}  端口 port ${taken}  只为 for ${origin}`)
      await Promise.race(['SIGINT', 'SIGTERM', 'SIGHUP'].map(signal => once(process, signal)))
      server.closeAllConnections()
      server.close()
    })

const fromFile = async (file: string) => {
  const key = await importPrivateKeyPem(await readText(file))
  return async (input: Uint8Array) => signEs256(key, input)
}

/** The clerk's own word, typed: a key that is hit by mistake is no consent. */
const asked =
  (terminal: Terminal) =>
  async ({ title, lines }: Shown): Promise<boolean> => {
    terminal.out('')
    terminal.out(`== ${title}`)
    for (const line of lines) terminal.out(`   ${line}`)
    const console = createInterface({ input: process.stdin, output: process.stderr })
    try {
      const word = (await console.question('签名请输入 yes · type yes to sign: ')).trim()
      return word === 'yes'
    } finally {
      console.close()
    }
  }
