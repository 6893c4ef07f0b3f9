import { type Route, route } from '../../core/contract.ts'
import { parseUscc } from '../../core/uscc.ts'
import { idempotencyKey } from '../contract.ts'
import type { ResolverDeps } from '../deps.ts'
import { mintCodes } from './contract.ts'
import { mint } from './mint.ts'

export const mintRoutes = (deps: ResolverDeps): Route[] => [
  route(mintCodes, async ({ body, caller, request }) => {
    const key = idempotencyKey(request.header('Idempotency-Key'))
    return { body: { results: [...(await mint(deps, parseUscc(caller.uscc), body, key))] } }
  }),
]
