// The pages of the example application, in the order in which somebody uses them. See doc.go for how to run it.
import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import { after as atEnd, before, test } from 'node:test'
import { add, after, focused, launch, login, narrow, password, path, screenshot, site, titles, visit } from './visit.mjs'

let browser
before(async () => { browser = await launch() })
atEnd(() => browser.close())

const html = '<script>alert(1)</script><img src=x onerror=alert(2)>'
const refused = (status, at) => `Failed to load resource: the server responded with a status of ${status} ${at}`

test('a visitor logs in, keeps notes, and logs out', { timeout: 60_000 }, async () => {
  const { context, page, complaints } = await visit(browser)
  await page.goto(`${site}/`)
  assert.equal(path(page), '/login')
  assert.equal(await focused(page), 'username')
  await screenshot(page, 'login')

  await login(page, `not ${password}`)
  assert.equal(path(page), '/login')
  assert.match(await page.getByRole('alert').innerText(), /do not match/)
  assert.equal(await page.getByLabel('User name').inputValue(), 'alice')
  assert.equal(await page.getByLabel('Password').inputValue(), '')
  assert.equal(await focused(page), 'password')
  assert.deepEqual(await context.cookies().then((all) => all.map((c) => c.name)), ['csrftoken'])
  await screenshot(page, 'refused')

  await login(page)
  assert.equal(path(page), '/')
  await add(page, 'Buy milk')
  await add(page, html)
  assert.deepEqual(await titles(page), [html, 'Buy milk'])
  await screenshot(page, 'notes')

  await after(page, () => page.getByRole('button', { name: 'Delete Buy milk', exact: true }).click())
  assert.deepEqual(await titles(page), [html])
  await page.reload()
  assert.deepEqual(await titles(page), [html])

  const cookie = (await context.cookies()).find((c) => c.name === 'sessionid')
  assert.deepEqual([cookie.httpOnly, cookie.sameSite], [true, 'Lax'])
  assert.ok(!(await page.evaluate(() => document.cookie)).includes('sessionid'))
  await after(page, () => page.getByRole('button', { name: 'Log out' }).click())
  assert.equal(path(page), '/login')
  await page.goto(`${site}/`)
  assert.equal(path(page), '/login')
  for (let steps = 0; steps < 3; steps++) { // back to where the notes were, of which the browser has kept nothing
    await page.goBack()
    assert.equal(path(page), '/login')
  }
  assert.ok(!(await context.cookies()).some((c) => c.name === 'sessionid'))
  await context.addCookies([cookie]) // somebody has kept it
  await page.goto(`${site}/`)
  assert.equal(path(page), '/login')
  assert.deepEqual(complaints, [refused('400 (Bad Request)', '/login')])
  await context.close()
})

// A server on another port is the same site to the browser: it sends all cookies along, and the CSRF token's can even be read there.
test('a page of another origin can post none of the forms', { timeout: 60_000 }, async () => {
  const { context, page } = await visit(browser)
  await page.goto(`${site}/login`)
  await login(page)
  await add(page, 'Keep me')
  const keep = new URL(await page.locator('form[action$="/delete"]').first().getAttribute('action'), site)
  const evil = createServer((_, answer) => answer.setHeader('Content-Type', 'text/html').end('<!DOCTYPE html><title>evil</title>'))
  await new Promise((listening) => { evil.listen(0, '127.0.0.1', listening) })
  for (const target of ['/notes', keep.pathname, '/logout', '/login']) {
    await page.goto(`http://127.0.0.1:${evil.address().port}/`)
    const [answer] = await Promise.all([
      page.waitForResponse((response) => response.url() === site + target),
      page.evaluate(([action, secret]) => {
        const form = document.createElement('form')
        Object.assign(form, { method: 'post', action })
        const csrfmiddlewaretoken = /csrftoken=(\w{32})/.exec(document.cookie)[1] // it is the token, too
        for (const [name, value] of Object.entries({ csrfmiddlewaretoken, title: 'Forged', username: 'alice', password: secret })) {
          form.append(Object.assign(document.createElement('input'), { name, value }))
        }
        document.body.append(form)
        form.submit()
      }, [site + target, password]),
    ])
    assert.equal(answer.status(), 403, target)
    await page.getByRole('heading', { name: 'Forbidden' }).waitFor()
  }
  evil.closeAllConnections()
  evil.close()
  await page.goto(`${site}/`)
  assert.equal((await titles(page))[0], 'Keep me')
  await context.close()
})

test('a script that gets into a page does not run', { timeout: 60_000 }, async () => {
  const { context, page, complaints } = await visit(browser)
  await page.goto(`${site}/login`)
  await page.evaluate(() => {
    document.body.append(Object.assign(document.createElement('script'), { textContent: 'window.ran = true' }))
    document.body.append(Object.assign(document.createElement('script'), { src: '/assets/style.css' }))
    document.body.append(Object.assign(document.createElement('iframe'), { src: '/login' }))
    document.body.setAttribute('style', 'display: none')
  })
  await page.waitForTimeout(100)
  assert.equal(await page.evaluate(() => window.ran), undefined)
  assert.ok(await page.getByLabel('User name').isVisible(), 'the style was applied')
  for (const directive of ['script', 'style', 'Framing|frame']) {
    assert.ok(complaints.some((text) => new RegExp(directive).test(text) && text.includes('Content Security Policy')), `${directive}: ${complaints}`)
  }
  await context.close()
})

test('a phone is wide enough, and a keyboard is enough', { timeout: 60_000 }, async () => {
  const { context, page, complaints } = await visit(browser, { viewport: { width: 390, height: 780 }, deviceScaleFactor: 2, isMobile: true, hasTouch: true })
  await page.goto(`${site}/`)
  await narrow(page)
  await login(page)
  await add(page, 'W'.repeat(100))
  await narrow(page)
  for (const button of await page.getByRole('button').all()) {
    const { width, height } = await button.boundingBox()
    assert.ok(width >= 44 && height >= 44, `a button of ${width} × ${height} pixels`)
  }
  await screenshot(page, 'phone')
  await page.getByLabel('New note').focus()
  await page.keyboard.press('Tab')
  assert.equal(await focused(page), 'Add')
  await page.keyboard.press('Tab')
  assert.equal(await focused(page), 'Delete')
  assert.notEqual(await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle), 'none')
  await after(page, () => page.keyboard.press('Enter'))
  assert.ok(!(await titles(page)).includes('W'.repeat(100)))
  assert.deepEqual(complaints, [])
  await context.close()
})

test('the pages are dark where the user wants that', { timeout: 60_000 }, async () => {
  const { context, page, complaints } = await visit(browser, { colorScheme: 'dark' })
  await page.goto(`${site}/`)
  await login(page)
  await screenshot(page, 'dark')
  const [text, background] = await page.evaluate(() => {
    const style = getComputedStyle(document.body)
    return [style.color, style.backgroundColor].map((colour) => colour.match(/\d+/g).slice(0, 3).reduce((sum, n) => sum + Number(n), 0))
  })
  assert.ok(text > 600 && background < 100, `text ${text}, background ${background}`)
  assert.deepEqual(complaints, [])
  await context.close()
})
