/**
 * The log's own state contradicts itself. Nothing more is appended or signed until someone has looked (`fsck`): a
 * signature over a wrong head can't be taken back.
 */
export class LogFault extends Error {
  override readonly name = 'LogFault'
}
