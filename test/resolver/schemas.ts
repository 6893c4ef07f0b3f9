import { existsSync, readFileSync } from 'node:fs'
import { Ajv } from 'ajv'

/** What GS1's linkset schema and resolver description schema (ref.gs1.org/standards/resolver) ask for, said again. */
const web = '^https?://[a-zA-z0-9./]+'
const ownLinkset = {
  type: 'object',
  required: ['linkset'],
  additionalProperties: false,
  properties: {
    linkset: {
      type: 'array',
      items: {
        type: 'object',
        required: ['anchor', 'itemDescription'],
        additionalProperties: false,
        properties: { anchor: { type: 'string', pattern: web }, itemDescription: { type: 'string' } },
        patternProperties: {
          [`(?!(anchor|itemDescription))^([a-z-]+$)|(${web}$)`]: {
            type: 'array',
            items: {
              type: 'object',
              required: ['href', 'title'],
              additionalProperties: false,
              properties: {
                href: { type: 'string', pattern: web },
                title: { type: 'string' },
                hreflang: { type: 'array', items: { type: 'string', pattern: '(^\\w{2}$)|(^\\w{2}-\\w{2}$)' } },
                type: { type: 'string', pattern: '\\w+/[-+.\\w]+' },
                context: { type: 'array' },
                fwqs: { type: 'boolean' },
                public: { type: 'boolean' },
              },
            },
          },
        },
      },
    },
  },
}

const keys = 'all 01 8006 8013 8010 410 411 412 413 414 415 417 8017 8018 255 00 253 401 402 8003 8004'.split(' ')
const ownDescription = {
  type: 'object',
  required: ['resolverRoot', 'supportedPrimaryKeys'],
  properties: {
    resolverRoot: { type: 'string', pattern: web },
    supportedPrimaryKeys: { type: 'array', items: { enum: keys } },
    name: { type: 'string' },
    supportedLinkType: {
      type: 'array',
      items: {
        properties: {
          namespace: { type: 'string', pattern: web },
          prefix: { type: 'string', pattern: '^[a-zA-Z_][A-Za-z0-9_-]*?:$' },
        },
      },
    },
    linkTypeDefaultCanBeLinkset: { type: 'boolean' },
    jsonLdContextLocation: { type: 'string', pattern: web },
  },
}

const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true })

/** The published file too, where it is at hand. */
const judges = (own: object, file: string) => {
  const published = new URL(`../../../shared/standards/${file}`, import.meta.url)
  const schemas = existsSync(published) ? [own, JSON.parse(readFileSync(published, 'utf8')) as object] : [own]
  const validators = schemas.map(schema => ajv.compile(schema))
  return (value: unknown): readonly string[] =>
    validators.flatMap(validate => (validate(value) ? [] : [ajv.errorsText(validate.errors)]))
}

/** What is wrong by the schema; empty when nothing is. */
export const linksetErrors = judges(ownLinkset, 'gs1-linkset-schema.json')
export const descriptionErrors = judges(ownDescription, 'gs1-resolver-description-schema.json')
