import { fileURLToPath } from 'node:url'
import hardhatEthers from '@nomicfoundation/hardhat-ethers'
import hardhatEthersChaiMatchers from '@nomicfoundation/hardhat-ethers-chai-matchers'
import hardhatMocha from '@nomicfoundation/hardhat-mocha'
import { defineConfig } from 'hardhat/config'

// Hardhat reports its use to its makers from any terminal, unless told otherwise.
process.env.HARDHAT_DISABLE_TELEMETRY = 'true'

export default defineConfig({
  plugins: [hardhatEthers, hardhatEthersChaiMatchers, hardhatMocha],
  paths: { sources: 'contracts', tests: { mocha: 'test/contracts' } },
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
    },
  },
})
