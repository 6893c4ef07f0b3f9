import type { CryptoKey } from 'jose'
import { request } from './database.ts'

/** The key by which this browser signs scans of one place. The browser keeps it and gives it to nobody, not even to us. */
export type Device = {
  readonly uscc: string
  readonly privateKey: CryptoKey
  readonly thumbprint: string
  readonly location: string
  readonly label: string
  readonly notAfter: string
  /** Of the last capture signed. */
  readonly seq: number
}

/** One device an organization and browser; undefined where none is enrolled. */
export const readDevice = (uscc: string): Promise<Device | undefined> =>
  request('devices', 'readonly', store => store.get(uscc) as IDBRequest<Device | undefined>)

export const keepDevice = async (device: Device): Promise<void> => {
  await request('devices', 'readwrite', store => store.put(device))
}

export const forgetDevice = async (uscc: string): Promise<void> => {
  await request('devices', 'readwrite', store => store.delete(uscc))
}
