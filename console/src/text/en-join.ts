import type { joinZh } from './zh-join.ts'

/** Asking organizations in, and coming in. */
export const joinEn: typeof joinZh = {
  title: 'Accept an invitation',
  lead: 'Your private key is made in this page, stands in your certificate file alone, and is sent nowhere.',
  noCode: 'The link is not whole: open this page by the link that the operator sent you.',
  for: 'The invitation is for',
  until: 'The link works until',
  own: 'The certificate file is as good as your company seal: give file and password to somebody you trust. Nobody can recover the password.',
  password: 'Choose a password for the certificate file',
  again: 'The same again',
  short: (length: number) => `At least ${length} characters`,
  ascii: 'Letters, digits and symbols of the English keyboard only',
  differ: 'The two are not the same',
  make: 'Make the key and join',
  done: 'You are in, and the certificate file has been downloaded',
  keep: 'Make sure that the file is kept before you close this page: it can not be had again.',
  signIn: 'Sign in',
  saveAgain: 'Save the certificate file again',
  invite: 'Invite an organization',
  inviteLead:
    'Make sure who they are, and hand the link over by a way you trust: whoever has it can enrol in their name.',
  usccWrong: 'The check character of the credit code does not match',
  node: 'Address of their own node (optional)',
  nodeLead: 'Left empty, their records live at this node',
  makeLink: 'Make the link',
  invited: (name: string) => `There is a link for ${name}`,
  linkLead: 'It is shown this once, and works once.',
}
