// The page of the policies, as a reviewer on the staff uses it: with and without
// JavaScript, by keyboard, and on a phone.
import assert from 'node:assert/strict'
import { after as atEnd, before, test } from 'node:test'
import { after, focused, launch, login, narrow, screenshot, site, visit } from './visit.mjs'

let browser
before(async () => { browser = await launch() })
atEnd(() => browser.close())

const phone = { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true }

// open logs in as the first user, who is on the staff, and follows the link to the page.
async function open(options) {
  const visitor = await visit(browser, options)
  await visitor.page.goto(`${site}/login`)
  await login(visitor.page)
  await after(visitor.page, () => visitor.page.getByRole('link', { name: 'Policies' }).click())
  return visitor
}

const table = (page, name) => page.getByRole('table', { name })
const routes = async (page) => (await table(page, /^Routes:/).getByRole('rowheader').allInnerTexts()).map((text) => text.split('\n')[0])

test('a reviewer searches the routes without JavaScript', { timeout: 60_000 }, async () => {
  const { context, page, complaints } = await open({ javaScriptEnabled: false })
  const all = await routes(page)
  assert.ok(all.includes('/api/notes/:id') && all.includes('/-/policies'), all)
  await page.getByLabel('Text').fill('/API/notes delete')
  await after(page, () => page.getByRole('button', { name: 'Search' }).click())
  assert.deepEqual(await routes(page), ['/api/notes/:id'])
  assert.equal(await page.getByLabel('Text').inputValue(), '/API/notes delete')
  const row = table(page, /^Roles:/).getByRole('row', { name: '/api/notes/:id' })
  assert.deepEqual(await row.getByRole('cell').allTextContents(), ['no 401', 'depends on the object', 'depends on the object', 'depends on the object'])

  await after(page, () => page.getByRole('link', { name: 'Clear' }).click())
  await page.getByLabel('Method').selectOption('POST')
  await page.getByLabel('Access').selectOption('Open')
  await after(page, () => page.getByRole('button', { name: 'Search' }).click())
  assert.deepEqual(await routes(page), ['/api-token-auth/', '/login', '/logout'])
  assert.match(await table(page, /^Routes:/).getByRole('row', { name: '/logout' }).innerText(), /open\s+a login/)

  const html = '"><script>alert(1)</script>'
  await page.getByLabel('Text').fill(html)
  await after(page, () => page.getByLabel('Text').press('Enter'))
  assert.equal(await page.getByLabel('Text').inputValue(), html)
  assert.match(await page.getByRole('status').innerText(), /No route matches/)
  await screenshot(page, 'policies-empty')
  assert.deepEqual(complaints, [])
  await context.close()
})

test('a keyboard is enough for the policies', { timeout: 60_000 }, async () => {
  const { context, page, complaints } = await open()
  await page.goto(`${site}/-/policies`)
  await screenshot(page, 'policies', { fullPage: true })
  await page.keyboard.press('Tab')
  assert.equal(await focused(page), 'Skip to the routes')
  assert.ok((await page.getByRole('link', { name: 'Skip to the routes' }).boundingBox()).x >= 0, 'the link cannot be seen')
  await page.keyboard.press('Enter')
  for (const want of ['q', 'method', 'access', 'Search', 'Clear']) {
    await page.keyboard.press('Tab')
    assert.equal(await focused(page), want)
    assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none')
  }
  await page.keyboard.press('Tab') // the table, so that the arrow keys scroll it
  assert.equal(await page.evaluate(() => document.activeElement.getAttribute('aria-labelledby')), 'routes-caption')
  await page.getByLabel('Text').focus()
  await page.keyboard.type('stats')
  await after(page, () => page.keyboard.press('Enter'))
  assert.deepEqual(await routes(page), ['/api/stats'])
  for (const header of await page.locator('th').all()) assert.match(await header.getAttribute('scope'), /^(col|row)$/)
  await page.evaluate(() => { // what would get into the page runs no script
    document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = true' }))
  })
  assert.equal(await page.evaluate(() => window.ran), undefined)
  assert.equal(complaints.length, 1, complaints)
  assert.match(complaints[0], /Content Security Policy/)
  await context.close()
})

// contrasts returns the texts whose contrast is below WCAG's AA: 4.5, or 3 if they are large.
const contrasts = (page) => page.evaluate(() => {
  const channels = (colour) => colour.match(/[\d.]+/g).map(Number)
  const luminance = (colour) => {
    const [r, g, b] = channels(colour).map((n) => n / 255).map((n) => (n <= 0.04045 ? n / 12.92 : ((n + 0.055) / 1.055) ** 2.4))
    return 0.2126 * r + 0.7152 * g + 0.0722 * b
  }
  const behind = (element) => {
    for (let at = element; at; at = at.parentElement) {
      const colour = getComputedStyle(at).backgroundColor
      if ((channels(colour)[3] ?? 1) === 1) return colour
    }
    return 'rgb(255, 255, 255)'
  }
  const low = []
  for (const element of document.querySelectorAll('body *')) {
    if (![...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.textContent.trim())) continue
    const style = getComputedStyle(element)
    const [light, dark] = [luminance(style.color), luminance(behind(element))].sort((a, b) => b - a)
    const ratio = (light + 0.05) / (dark + 0.05)
    if (ratio < (parseFloat(style.fontSize) >= 24 ? 3 : 4.5)) low.push(`${element.textContent.trim().slice(0, 40)}: ${ratio.toFixed(2)}`)
  }
  return low
})

for (const colorScheme of ['light', 'dark']) {
  test(`the policies can be read on a phone and in ${colorScheme}`, { timeout: 60_000 }, async () => {
    const { context, page, complaints } = await open({ ...phone, colorScheme })
    await narrow(page)
    for (const field of await page.locator('input, select, button').all()) {
      const { height } = await field.boundingBox()
      assert.ok(height >= 44, `a field of ${height} pixels`)
    }
    assert.deepEqual(await contrasts(page), [])
    await screenshot(page, `policies-phone-${colorScheme}`, { fullPage: true })
    const scrolls = await page.locator('.scroll').evaluateAll((all) => all.map((box) => box.scrollWidth > box.clientWidth))
    assert.deepEqual(scrolls, [true, true])
    await page.setViewportSize({ width: 1100, height: 720 })
    await narrow(page)
    await screenshot(page, `policies-${colorScheme}`, { fullPage: true })
    assert.deepEqual(complaints, [])
    await context.close()
  })
}
