/** Hands a text, or bytes, to the reader as a file. */
export const saveFile = (name: string, content: BlobPart, type = 'application/json'): void => {
  const url = URL.createObjectURL(new Blob([content], { type }))
  const link = document.createElement('a')
  link.href = url
  link.download = name
  link.click()
  URL.revokeObjectURL(url)
}
