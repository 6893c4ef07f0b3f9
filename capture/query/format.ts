import { type EpcFormat, epcFormats, withDigitalLinks } from '../../core/epcis/epc-format.ts'
import { Refusal } from '../../core/errors.ts'

/**
 * What the header GS1-EPC-Format asks for; absent it is Always_GS1_Digital_Link. Whoever checks commitments asks for
 * Never_Translates. Refusal NOT_ACCEPTABLE.
 */
export const epcFormatOf = (header: string | undefined): EpcFormat => {
  const format = header === undefined ? 'Always_GS1_Digital_Link' : epcFormats.find(it => it === header)
  if (format !== undefined) return format
  throw new Refusal('NOT_ACCEPTABLE', `GS1-EPC-Format takes ${epcFormats.join(', ')}`)
}

/** A query document, or one event, with its codes as asked for; anything else as it is. */
export const inFormat = (format: EpcFormat, body: unknown): unknown =>
  format === 'Always_GS1_Digital_Link' ? translated(body) : body

type Json = Readonly<Record<string, unknown>>
const isJson = (value: unknown): value is Json => typeof value === 'object' && value !== null && !Array.isArray(value)

const translated = (body: unknown): unknown => {
  if (!isJson(body)) return body
  if ('eventTime' in body) return withDigitalLinks(body)
  const queryResults = isJson(body.epcisBody) ? body.epcisBody.queryResults : undefined
  const resultsBody = isJson(queryResults) ? queryResults.resultsBody : undefined
  if (!isJson(queryResults) || !isJson(resultsBody) || !Array.isArray(resultsBody.eventList)) return body
  const eventList = resultsBody.eventList.map(event => (isJson(event) ? withDigitalLinks(event) : event))
  return { ...body, epcisBody: { queryResults: { ...queryResults, resultsBody: { ...resultsBody, eventList } } } }
}
