import { type ErrorDescription, Interface } from 'ethers/abi'
import registry from '../../contracts/abi/FinancingRegistry.json' with { type: 'json' }
import compiled from '../../contracts/abi/LogAnchor.json' with { type: 'json' }
import { ChainFault, type Reverted } from './fault.ts'

export const logAnchorInterface = new Interface(compiled.abi)
export const financingRegistryInterface = new Interface(registry.abi)

/** Turns a node's refusal that carries revert data into ChainFault REVERTED with the error's name and values. */
export const revertedBy = async <T>(asked: Promise<T>): Promise<T> => {
  try {
    return await asked
  } catch (fault) {
    if (!(fault instanceof ChainFault) || fault.code !== 'REFUSED') throw fault
    const data = revertData(fault.data)
    const reverted = data === undefined ? undefined : parseRevert(data)
    if (reverted === undefined) {
      // Out of gas, or a decoder's revert without data: there is no name to give.
      if (/revert/i.test(fault.message)) throw new ChainFault('REVERTED', fault.message, { cause: fault })
      throw fault
    }
    const values = Object.entries(reverted.args).map(([name, value]) => `${name} ${value}`)
    const message = `the contract refused: ${[reverted.name, ...values].join(', ')}`
    throw new ChainFault('REVERTED', message, { reverted, data, cause: fault })
  }
}

/** The contracts' own errors, OpenZeppelin's that it inherits, and Solidity's Error and Panic. */
export const parseRevert = (data: string): Reverted | undefined => {
  const found = decode(data)
  if (found === null) return undefined
  const args = found.fragment.inputs.map((input, i): [string, bigint | boolean | string] => {
    const value: unknown = found.args[i]
    return [
      input.name || String(i),
      typeof value === 'bigint' || typeof value === 'boolean'
        ? value
        : input.baseType === 'address'
          ? String(value).toLowerCase()
          : String(value),
    ]
  })
  return { name: found.name, args: Object.fromEntries(args) }
}

const decode = (data: string): ErrorDescription | null => {
  for (const known of [logAnchorInterface, financingRegistryInterface]) {
    try {
      const found = known.parseError(data)
      if (found !== null) return found
    } catch {
      // A known selector in front of something else.
    }
  }
  return null
}

/** geth, Besu and Erigon give the bytes themselves, others wrap them once more. */
const revertData = (data: unknown): string | undefined => {
  const bytes = typeof data === 'object' && data !== null ? (data as { data?: unknown }).data : data
  const found = typeof bytes === 'string' ? /0x[0-9a-f]{8,}$/i.exec(bytes)?.[0] : undefined
  return found
}
