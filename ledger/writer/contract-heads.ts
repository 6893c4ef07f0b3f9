import { logIdOf } from '../../core/verify/anchor-rpc.ts'
import type { TargetSettings } from '../anchor-target.ts'
import { connect } from '../chain/adapter.ts'
import { logAnchorAt } from '../chain/log-anchor.ts'
import type { Elsewhere } from './elsewhere.ts'

/** The head that a contract holds of this log. A chain that was reset is another chain, and can't be asked. */
export const contractHeads = (name: string, origin: string, settings: TargetSettings): Elsewhere => ({
  name: `chain ${name}`,
  async heads() {
    if (settings.contract === undefined) return []
    const head = await logAnchorAt(await connect(settings), settings.contract).head(logIdOf(origin))
    return head ? [head] : []
  },
})
