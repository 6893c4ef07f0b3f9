import { prepareZXingModule, type ReaderOptions, readBarcodes } from 'zxing-wasm/reader'
import wasm from 'zxing-wasm/reader/zxing_reader.wasm?url'

/** A frame in, what stands in it out; one at a time. */
export type Frame = { readonly image: ImageBitmap }
export type Seen = { readonly texts: readonly string[] } | { readonly failed: string }

/** What labels of goods carry: GS1 Data Matrix and QR as the product prints them, and what others print. */
const options: ReaderOptions = {
  formats: ['DataMatrix', 'QRCode', 'Code128', 'DataBar', 'DataBarExpanded', 'EAN13', 'EAN8', 'UPCA', 'ITF'],
  maxNumberOfSymbols: 8,
  tryHarder: true,
}

// From this origin, beside this file: the library would fetch it from a public server.
prepareZXingModule({ overrides: { locateFile: () => wasm } })

const canvas = new OffscreenCanvas(1, 1)

self.onmessage = ({ data: { image } }: MessageEvent<Frame>) => {
  read(image).then(
    texts => self.postMessage({ texts } satisfies Seen),
    error => self.postMessage({ failed: String(error) } satisfies Seen),
  )
}

const read = async (image: ImageBitmap): Promise<readonly string[]> => {
  const { width, height } = image
  Object.assign(canvas, { width, height })
  const context = canvas.getContext('2d', { willReadFrequently: true })
  if (context === null) throw new Error('there is no canvas')
  context.drawImage(image, 0, 0)
  image.close()
  const found = await readBarcodes(context.getImageData(0, 0, width, height), options)
  return found.filter(it => it.isValid).map(textOf)
}

/** As a handheld scanner would send it: GS1 symbols with their identifier and separators, all others as they are. */
const textOf = ({
  symbologyIdentifier,
  bytes,
  text,
}: {
  symbologyIdentifier: string
  bytes: Uint8Array
  text: string
}) => (/^\](?:C1|e0|d2|Q3)$/.test(symbologyIdentifier) ? symbologyIdentifier + new TextDecoder().decode(bytes) : text)
