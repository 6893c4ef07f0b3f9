import type { HospitalText } from './zh-hospital.ts'

const invoices = (count: number) => `${count} ${count === 1 ? 'invoice' : 'invoices'}`

export const hospitalEn: HospitalText = {
  choose: number => `Choose invoice ${number}`,
  chooseAll: 'Choose all on this page',
  batch: count => `Confirm together (${count})`,
  batchTitle: 'Confirm together',
  batchLead:
    'Your scans and books agree with these in all points. Each invoice gets an answer of its own, signed and standing for itself.',
  checking: 'Comparing the chosen invoices…',
  plain: 'All agrees: will be confirmed',
  notPlain: 'Needs a look by itself: will not be confirmed here',
  look: 'View',
  total: 'Total',
  validDays: 'The answers hold for',
  sign: count => `Sign and confirm ${invoices(count)}`,
  nothing: 'Each of the chosen invoices needs a look by itself.',
  progress: (done, all) => `${done} of ${invoices(all)} done`,
  confirmed: 'Confirmed',
  colleague: 'A colleague answered first: not signed again',
  refused: 'Not confirmed',
  waits: 'Waiting',
  close: 'Close',
  history: 'What was asked, by whom, and answered',
  askedBy: 'Asked by',
  asked: 'Question',
  askedBefore: 'An earlier version was asked about',
  answered: 'Answer',
  signature: 'Signature',
  signedBy: 'Signing certificate',
  serial: 'Serial number',
  entry: 'Log',
  notSigned: 'The content was lawfully destroyed',
  releases: 'Who was given it',
  noReleases: 'Nobody has been given it yet.',
  releasedTo: 'Given to',
}
