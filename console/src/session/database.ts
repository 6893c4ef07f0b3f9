/** What this browser keeps: device keys, scans that are under way, and scans that wait to be handed in. */
export const stores = {
  /** One a organization. */
  devices: { keyPath: 'uscc' },
  /** Scanned, and not signed yet: one a shipment and step. */
  benches: { keyPath: 'id' },
  /** Signed, and not acknowledged yet; the last ones that were. */
  handIns: { keyPath: 'id' },
} as const
export type StoreName = keyof typeof stores

const VERSION = 2

/** All or nothing: what `work` writes is there after a crash, or none of it is. `work` may wait for its own requests alone. */
export const inOneTransaction = async <Result>(
  names: readonly StoreName[],
  mode: IDBTransactionMode,
  work: (store: (name: StoreName) => IDBObjectStore) => Promise<Result>,
): Promise<Result> => {
  const database = await open()
  try {
    // On the disk, and not only on its way there, before anything is called kept.
    const transaction = database.transaction([...names], mode, { durability: 'strict' })
    const ended = new Promise<void>((done, fail) => {
      transaction.oncomplete = () => done()
      transaction.onabort = () => fail(transaction.error ?? new Error('the browser kept nothing'))
    })
    // Told below, and not a second time as nobody's.
    ended.catch(() => undefined)
    const result = await work(name => transaction.objectStore(name))
    await ended
    return result
  } finally {
    database.close()
  }
}

/** One request in a transaction of its own. */
export const request = <Result>(
  name: StoreName,
  mode: IDBTransactionMode,
  work: (store: IDBObjectStore) => IDBRequest<Result>,
): Promise<Result> => inOneTransaction([name], mode, store => settled(work(store(name))))

export const settled = <Result>(request: IDBRequest<Result>): Promise<Result> =>
  new Promise((done, fail) => {
    request.onsuccess = () => done(request.result)
    request.onerror = () => fail(request.error)
  })

const open = (): Promise<IDBDatabase> => {
  const opening = indexedDB.open('tallystick', VERSION)
  opening.onupgradeneeded = () => {
    const there = opening.result.objectStoreNames
    for (const [name, options] of Object.entries(stores)) {
      if (!there.contains(name)) opening.result.createObjectStore(name, options)
    }
  }
  return settled(opening)
}
