declare module 'sm-crypto' {
  type Options = {
    readonly hash?: boolean
    readonly der?: boolean
    readonly publicKey?: string
    readonly userId?: string
  }
  type Crypto = {
    readonly sm2: {
      generateKeyPairHex(): { readonly privateKey: string; readonly publicKey: string }
      doSignature(message: readonly number[], privateKey: string, options: Options): string
      doVerifySignature(message: readonly number[], signature: string, publicKey: string, options: Options): boolean
      getPublicKeyFromPrivateKey(privateKey: string): string
    }
    sm3(message: readonly number[]): string
  }
  const crypto: Crypto
  export default crypto
}
