import { bundleIn, isZip } from '../../core/dossier.ts'
import { element } from './element.ts'

export type Chosen = { readonly name: string; readonly text: string }

type FileFieldWords = { readonly label: string; readonly hint: string; readonly unreadable: string }

/** Larger than any bundle that a page can hold in memory beside its own copy. */
const MOST_BYTES = 256 << 20

/** A file to choose or to drop. It is read here and goes nowhere. */
export const fileField = (
  words: FileFieldWords,
  chosen: Chosen | undefined,
  choose: (file: Chosen) => void,
  fail: (message: string) => void,
): HTMLElement => {
  const input = element('input', { type: 'file', accept: '.json,.zip,application/json,application/zip' })
  const field = element(
    'label',
    { class: 'file' },
    element('span', { class: 'file-label' }, words.label),
    element('span', { class: chosen ? 'file-name' : 'file-hint' }, chosen?.name ?? words.hint),
    input,
  )
  const take = async (file: File | undefined): Promise<void> => {
    if (file === undefined) return
    if (file.size > MOST_BYTES) return fail(words.unreadable)
    try {
      // Bytes that are not UTF-8 would be read as replacement characters, and then be another file than the one at hand.
      const bytes = new Uint8Array(await file.arrayBuffer())
      const text = isZip(bytes)
        ? bundleIn(bytes)
        : new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes)
      choose({ name: file.name, text })
    } catch {
      fail(words.unreadable)
    }
  }
  input.addEventListener('change', () => void take(input.files?.[0]))
  field.addEventListener('dragover', event => {
    event.preventDefault()
    field.classList.add('over')
  })
  field.addEventListener('dragleave', () => field.classList.remove('over'))
  field.addEventListener('drop', event => {
    event.preventDefault()
    field.classList.remove('over')
    void take(event.dataTransfer?.files[0])
  })
  return field
}
