import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  base: '/console/',
  plugins: [react()],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    target: 'es2024',
    // The page's policy lets no inline script in, and Vite's loader for older browsers is one.
    modulePreload: { polyfill: false },
    // Ant Design is one piece of more than the usual size; the console is opened once a day, not once a visit.
    chunkSizeWarningLimit: 2000,
  },
})
