type Child = Node | string | false | undefined
type Attributes = Readonly<Record<string, string | boolean | undefined>>

/** An HTML element. Text only ever becomes text: nothing that a file says can become markup. */
export const element = <Name extends keyof HTMLElementTagNameMap>(
  name: Name,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[Name] => {
  const made = document.createElement(name)
  for (const [key, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue
    made.setAttribute(key, value === true ? '' : value)
  }
  made.append(...children.filter(child => child !== undefined && child !== false))
  return made
}

export const button = (label: string, press: () => void, attributes: Attributes = {}): HTMLButtonElement => {
  const made = element('button', { type: 'button', ...attributes }, label)
  made.addEventListener('click', press)
  return made
}
