import { equal, fromHex, hex, utf8 } from '../bytes.ts'
import { numberOf, sm2KeyPair, sm2Sign, sm2Verify } from './sm2.ts'
import { sm3 } from './sm3.ts'

/**
 * The published examples of GB/T 32905 and GB/T 32918.5, computed anew. Throws where one comes out otherwise: whoever
 * then went on would take forgeries, or make signatures that tell the key. Run once before anything is signed or judged.
 */
export const gmSelfTest = (): void => {
  if (hex(sm3(utf8('abc'))) !== '66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0') {
    throw new Error('SM3 fails its known answer: nothing may be signed or verified with this program')
  }
  const key = sm2KeyPair(numberOf(fromHex('3945208f7b2144b13f36e38ac6d39f95889393692860b51a42fb81ef4df7c5b8')))
  const k = numberOf(fromHex('59276e27d506861a16680f3ad9c02dccef3cc1fa3cdbe4ce6d54b80deac1bc21'))
  const message = utf8('message digest')
  const signature = fromHex(
    'f5a03b0648d2c4630eeac513e1bb81a15944da3827d5b74143ac7eaceee720b3' +
      'b1b6aa29df212fd8763182bc0d421ca1bb9038fd1f7f42d4840b69c485bbc1aa',
  )
  const changed = Uint8Array.from(signature, (byte, i) => (i === 63 ? byte ^ 1 : byte))
  const right =
    equal(sm2Sign(key, message, { random: () => k }), signature) &&
    sm2Verify(key.publicKey, message, signature) &&
    !sm2Verify(key.publicKey, message, changed) &&
    !sm2Verify(key.publicKey, message, signature, '')
  if (!right) throw new Error('SM2 fails its known answer: nothing may be signed or verified with this program')
}
