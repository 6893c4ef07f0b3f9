/** Something that a person has to set right; anchoring goes on as soon as it is. */
export class AnchorTrouble extends Error {
  override readonly name = 'AnchorTrouble'
}
