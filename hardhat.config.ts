import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import hardhatEthers from '@nomicfoundation/hardhat-ethers'
import hardhatEthersChaiMatchers from '@nomicfoundation/hardhat-ethers-chai-matchers'
import hardhatMocha from '@nomicfoundation/hardhat-mocha'
import { defineConfig } from 'hardhat/config'
import type { HardhatPlugin } from 'hardhat/types/plugins'

// Hardhat reports its use to its makers from any terminal, unless told otherwise.
process.env.HARDHAT_DISABLE_TELEMETRY = 'true'

/** With `--coverage` Hardhat counts statements; this adds the branches (scripts/branches.ts). */
const branchCoverage: HardhatPlugin = {
  id: 'tallystick-branch-coverage',
  hookHandlers: {
    solidity: async () => ({
      default: async () => ({
        preprocessProjectFileBeforeBuilding: async (context, source, path, text, solcVersion, next) => {
          const counted = await next(context, source, path, text, solcVersion)
          if (!context.globalOptions.coverage || !counted.includes('__NomicFoundationCoverage.sendHit')) return counted
          const { withBranchReports } = await import('./scripts/branches.ts')
          return withBranchReports(basename(path), counted)
        },
      }),
    }),
  },
}

export default defineConfig({
  plugins: [hardhatEthers, hardhatEthersChaiMatchers, hardhatMocha, branchCoverage],
  paths: { sources: 'contracts', tests: { mocha: 'test/contracts', solidity: 'test/contracts/solidity' } },
  test: { solidity: { fuzz: { runs: 200 }, invariant: { runs: 24, depth: 40, failOnRevert: true } } },
  solidity: {
    version: '0.8.28',
    // The compiler is the pinned npm package, not a download at build time.
    path: fileURLToPath(import.meta.resolve('solc/soljson.js')),
    settings: {
      // The oldest rules that consortium chains and independent clients still run: no PUSH0, no MCOPY.
      evmVersion: 'paris',
      optimizer: { enabled: true, runs: 1_000_000 },
      // Without the source hash at its end the code changes only when the code changes: trust settings pin its hash.
      metadata: { bytecodeHash: 'none' },
      outputSelection: { '*': { '*': ['storageLayout'] } },
    },
  },
})
