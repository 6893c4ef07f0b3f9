import { z } from 'zod'
import { parsePath } from '../core/identifier/code.ts'
import { expandLinkType } from './link-type.ts'

const visible = /^[^\p{Cc}\p{Bidi_Control}]+$/u
const plain = (most: number) => z.string().trim().min(1).max(most).regex(visible, 'expected visible characters')

/** What a code is called, to people. */
export const description = plain(200)

/**
 * Where a link leads: an https address, or a path at this node. Kept as a URL parser writes it, so that no browser reads it
 * otherwise than it was checked. Nothing that a request says can become a target.
 */
const target = z
  .string()
  .max(2000)
  .transform((text, context) => {
    const kept = text.startsWith('/') ? localPath(text) : webAddress(text)
    if (kept !== undefined) return kept
    const message = 'expected an https address, or a path at this node that is no code'
    context.addIssue({ code: 'custom', message, params: { rule: 'target' } })
    return z.NEVER
  })

const webAddress = (text: string): string | undefined => {
  const url = URL.parse(text)
  return url?.protocol === 'https:' && url.username === '' && url.password === '' ? url.href : undefined
}

/** Not `//host` nor `/\host`, which lead away from here, and no code: that could lead back to itself. */
const localPath = (text: string): string | undefined => {
  const url = URL.parse(text, here)
  const path = url && url.pathname + url.search + url.hash
  if (!path || url.origin !== here || url.pathname.startsWith('//') || parsePath(path).ok) return undefined
  return path
}
const here = 'https://node.invalid'

export const linkSchema = z.strictObject({
  linkType: z
    .string()
    .max(200)
    .transform((text, context) => {
      const expanded = expandLinkType(text)
      if (expanded !== undefined) return expanded
      const message = 'expected a link type such as gs1:pip, or the https address of one'
      context.addIssue({ code: 'custom', message, params: { rule: 'link-type' } })
      return z.NEVER
    })
    .describe('`gs1:pip`, or the address of a link type'),
  href: target.describe('https address, or a path at this node'),
  title: plain(200),
  hreflang: z
    .array(z.string().regex(/^[a-z]{2}(-[A-Z]{2})?$/, 'expected zh or zh-CN'))
    .max(10)
    .default([]),
  type: z
    .string()
    .max(100)
    .regex(/^[a-z]+\/[\w.+-]+$/, 'expected a media type')
    .optional(),
  context: z.array(plain(50)).max(10).default([]),
  default: z.boolean().default(false),
})
export type Link = z.output<typeof linkSchema>

export const linksSchema = z
  .array(linkSchema)
  .max(30)
  .refine(links => links.length === 0 || links.filter(link => link.default).length === 1, {
    message: 'exactly one link is the default',
    params: { rule: 'one-default' },
  })

/** What is wrong within the links of a request is told under a code of its own. */
export const linksInvalid = [/^(?:\/codes\/\d+)?\/links(?:\/|$)/, 'LINKSET_INVALID'] as const
