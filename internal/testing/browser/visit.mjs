// What the tests of the pages have in common: a browser, and visits that complain about everything that goes wrong on a page.
import assert from 'node:assert/strict'
import { join } from 'node:path'
import { chromium } from 'playwright-core'

export const site = process.env.SITE
export const password = process.env.PASSWORD

export const launch = () => chromium.launch({
  executablePath: process.env.CHROMIUM,
  args: [
    '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
    '--disable-component-update', '--disable-sync', '--disable-dev-shm-usage',
  ],
})

// visit opens a page in a profile of its own. Its complaints are the errors and warnings of the console, where violations of the content
// policy are too, errors of scripts, dialogs, and requests that failed, but for those that the next page has ended, as that of the icon.
export async function visit(browser, options = {}) {
  const context = await browser.newContext({ viewport: { width: 1100, height: 720 }, ...options })
  const page = await context.newPage()
  page.setDefaultTimeout(20_000)
  const complaints = []
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} ${message.location().url.replace(site, '')}`)
  })
  page.on('pageerror', (error) => complaints.push(error.message))
  page.on('requestfailed', (request) => {
    const { errorText } = request.failure()
    if (errorText !== 'net::ERR_ABORTED') complaints.push(`${request.url()} ${errorText}`)
  })
  page.on('dialog', (dialog) => {
    complaints.push(`dialog: ${dialog.message()}`)
    return dialog.dismiss()
  })
  return { context, page, complaints }
}

// after does something that leads to another page, and waits for that page.
export async function after(page, action) {
  const loaded = page.waitForEvent('load')
  await action()
  await loaded
}

export async function login(page, secret = password) {
  await page.getByLabel('User name').fill('alice')
  await page.getByLabel('Password').fill(secret)
  await after(page, () => page.getByLabel('Password').press('Enter'))
}

export async function add(page, title) {
  await page.getByLabel('New note').fill(title)
  await after(page, () => page.getByRole('button', { name: 'Add' }).click())
}

export const titles = (page) => page.locator('.notes .title').allTextContents()

export const path = (page) => page.url().replace(site, '')

export const focused = (page) => page.evaluate(() => document.activeElement.id || document.activeElement.innerText)

// screenshot tries more than once: a machine that has much to do makes Chromium fail now and then.
export async function screenshot(page, name, options = {}) {
  for (let tries = 3; ; tries--) {
    try {
      return await page.screenshot({ path: join(process.env.SCREENSHOTS, `${name}.png`), ...options })
    } catch (error) {
      if (tries === 1) throw error
    }
  }
}

// narrow fails if the page is wider than its window.
export async function narrow(page) {
  const [content, window] = await page.evaluate(() => [document.documentElement.scrollWidth, document.documentElement.clientWidth])
  assert.ok(content <= window, `the page is ${content} pixels wide, in a window of ${window}`)
}
