import { useSyncExternalStore } from 'react'

const listen = (changed: () => void) => {
  window.addEventListener('online', changed)
  window.addEventListener('offline', changed)
  return () => {
    window.removeEventListener('online', changed)
    window.removeEventListener('offline', changed)
  }
}

/** Whether there is a network at all. That the node can be reached shows only when something is sent. */
export const useOnline = (): boolean => useSyncExternalStore(listen, () => navigator.onLine)
