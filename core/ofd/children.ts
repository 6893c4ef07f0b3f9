import type { XmlElement } from '../xml.ts'

/** The children of that name, in the namespace of their parent. */
export const childrenOf = ({ children, namespace }: XmlElement, name: string): readonly XmlElement[] =>
  children.filter(child => child.name === name && child.namespace === namespace)

/** The only child of that name, if there is any. Throws SyntaxError where there are more: readers would choose. */
export const optionalChild = (parent: XmlElement, name: string): XmlElement | undefined => {
  const [only, ...more] = childrenOf(parent, name)
  if (more.length > 0) throw new SyntaxError(`${parent.name} has more than one ${name}`)
  return only
}

export const childOf = (parent: XmlElement, name: string): XmlElement => {
  const only = optionalChild(parent, name)
  if (only === undefined) throw new SyntaxError(`${parent.name} has no ${name}`)
  return only
}
