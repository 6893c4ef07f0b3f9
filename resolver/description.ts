import { vocabulary } from './link-type.ts'

/** Names the members of a linkset for readers of JSON-LD. */
export const contextLocation = 'https://ref.gs1.org/standards/resolver/linkset-context'

/** The resolver description file (GS1-Conformant Resolver 1.2, /.well-known/gs1resolver). */
export const resolverDescription = (origin: string) => ({
  name: 'Tallystick',
  resolverRoot: origin,
  supportedPrimaryKeys: ['all'],
  supportedLinkType: [{ namespace: vocabulary, prefix: 'gs1:' }],
  linkTypeDefaultCanBeLinkset: false,
  jsonLdContextLocation: contextLocation,
})
