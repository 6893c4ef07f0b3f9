/** Link types of the GS1 Web Vocabulary; `defaultLink` is the resolver's own, made from the link marked as default. */
const names: ReadonlySet<string> = new Set(
  `
    activityIdeas allergenInfo appDownload backgroundInfo brandHomepageClinical brandHomepagePatient
    careersInfo certificationInfo consumerHandlingStorageInfo dpp eifu epcis epil eventsInfo faqs handledBy
    hasRetailers homepage ingredientsInfo instructions jws leaveReview locationInfo logisticsInfo
    loyaltyProgram masterData menuInfo nutritionalInfo openingHoursInfo paymentLink pip
    productSustainabilityInfo promotion purchaseSuppliesOrAccessories quickStartGuide recallStatus recipeInfo
    registerProduct registryEntry relatedImage relatedVideo reportFound review safetyInfo scheduleTime
    serviceInfo smartLabel smpc socialMedia statisticInfo subscribe support sustainabilityInfo traceability
    tutorial userAgreement verificationService whatsInTheBox
  `.match(/\w+/g),
)

export const vocabulary = 'https://ref.gs1.org/voc/'
export const defaultLink = `${vocabulary}defaultLink`
export const handledBy = `${vocabulary}handledBy`
/** The IANA link relation of RFC 5829. */
export const successorVersion = 'https://www.iana.org/assignments/link-relations/successor-version'
export const homepage = `${vocabulary}homepage`

/**
 * The address of a link type, from `gs1:pip`, its address at any of GS1's hosts, or the address of another vocabulary's
 * term. Undefined where it is none, or none that a linkset may hold as a member name.
 */
export const expandLinkType = (text: string): string | undefined => {
  const [, name] = /^(?:gs1:|https?:\/\/(?:ref\.|www\.)?gs1\.org\/voc\/)(\w+)$/.exec(text) ?? []
  if (name !== undefined) return names.has(name) ? vocabulary + name : undefined
  return /^https:\/\/[A-Za-z0-9./_]{3,200}$/.test(text) ? text : undefined
}
