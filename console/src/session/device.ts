import type { CryptoKey } from 'jose'

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

const STORE = 'devices'

/** One device an organization and browser; undefined where none is enrolled. */
export const readDevice = async (uscc: string): Promise<Device | undefined> =>
  (await run('readonly', store => store.get(uscc))) as Device | undefined

export const keepDevice = async (device: Device): Promise<void> => {
  await run('readwrite', store => store.put(device))
}

export const forgetDevice = async (uscc: string): Promise<void> => {
  await run('readwrite', store => store.delete(uscc))
}

/**
 * Takes the next number for a capture, for good: one that was taken and never handed in is a gap, one that is taken twice
 * would be a contradiction.
 */
export const nextSeq = async (uscc: string): Promise<number> => {
  const database = await open()
  try {
    const store = database.transaction(STORE, 'readwrite').objectStore(STORE)
    const device = (await settled(store.get(uscc))) as Device | undefined
    if (device === undefined) throw new Error('this browser is not enrolled as a device')
    const seq = device.seq + 1
    await settled(store.put({ ...device, seq }))
    return seq
  } finally {
    database.close()
  }
}

const run = async (mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest): Promise<unknown> => {
  const database = await open()
  try {
    return await settled(work(database.transaction(STORE, mode).objectStore(STORE)))
  } finally {
    database.close()
  }
}

const open = (): Promise<IDBDatabase> => {
  const request = indexedDB.open('tallystick', 1)
  request.onupgradeneeded = () => request.result.createObjectStore(STORE, { keyPath: 'uscc' })
  return settled(request)
}

const settled = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((done, fail) => {
    request.onsuccess = () => done(request.result)
    request.onerror = () => fail(request.error)
  })
