import tailwindcss from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  base: '/admin/',
  plugins: [react(), tailwindcss()],
  build: {
    // The page's policy allows nothing that is not a file of ours.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    chunkSizeWarningLimit: 700,
  },
  // `npx vite apps/admin` beside a running marketplace.
  server: { port: 7790, proxy: { '/v1': 'http://127.0.0.1:7700', '/media': 'http://127.0.0.1:7700' } },
})
