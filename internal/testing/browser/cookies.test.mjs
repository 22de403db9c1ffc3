// The page of docs/browsers.md, whose tokens are in cookies, and pages that
// attack it. See doc.go for how to run it.
import assert from 'node:assert/strict'
import { after as atEnd, before, test } from 'node:test'
import { launch, password, site, visit } from './visit.mjs'

const { EVIL, SIBLING, LATER } = process.env
const tokens = ['__Host-access', '__Host-refresh']

let browser
before(async () => { browser = await launch() })
atEnd(() => browser.close())

const open = (at = `${site}/`) => visit(browser, { ignoreHTTPSErrors: true }).then(async (visit) => {
  await visit.page.goto(at)
  return visit
})

const says = (page, text) => page.getByRole('status').filter({ hasText: new RegExp(`^${text}$`) }).waitFor()

async function login(page, secret = password) {
  await page.getByLabel('User name').fill('alice')
  await page.getByLabel('Password').fill(secret)
  await page.getByRole('button', { name: 'Log in' }).click()
}

const kept = (context) => context.cookies(site).then((all) => all.sort((a, b) => a.name.localeCompare(b.name)))

const valueOf = (context, name) => kept(context).then((all) => all.find((c) => c.name === name)?.value)

test('a user logs in, stays logged in, and logs out', { timeout: 120_000 }, async () => {
  const { context, page } = await open()
  await says(page, 'Please log in')
  await login(page, `not ${password}`)
  await says(page, 'No active account found with the given credentials')
  assert.deepEqual(await kept(context), [])
  await login(page)
  await says(page, 'You are alice')
  assert.deepEqual((await kept(context)).map((c) => [c.name, c.httpOnly, c.secure, c.sameSite, c.path]),
    tokens.map((name) => [name, true, true, 'Lax', '/']))

  // Scripts can neither read the tokens nor replace them.
  const stored = await page.evaluate(() => {
    document.cookie = '__Host-access=x; Secure; Path=/'
    document.cookie = '__Host-refresh=x; Secure; Path=/'
    return document.cookie + JSON.stringify(localStorage) + JSON.stringify(sessionStorage)
  })
  assert.equal(stored, '{}{}')
  await page.reload()
  await says(page, 'You are alice')

  // The access token expires, for two tabs at once, and then the browser has none at all.
  const tab = await context.newPage()
  const used = await valueOf(context, '__Host-refresh')
  await fetch(LATER)
  await Promise.all([page.reload(), tab.goto(`${site}/`)])
  await Promise.all([says(page, 'You are alice'), says(tab, 'You are alice')])
  assert.notEqual(await valueOf(context, '__Host-refresh'), used)
  await context.clearCookies({ name: '__Host-access' })
  await page.reload()
  await says(page, 'You are alice')

  const stolen = await kept(context)
  await page.getByRole('button', { name: 'Log out' }).click()
  await says(page, 'Please log in')
  assert.deepEqual(await kept(context), [])
  await context.addCookies(stolen)
  await page.reload()
  await says(page, 'Please log in')
  assert.deepEqual(await kept(context), []) // the page has deleted what is worth nothing any more
  await context.close()
})

const targets = ['/me', '/auth/login', '/auth/refresh', '/auth/logout']

// forge posts to all targets from the page of another origin, by a form or by a
// script, and returns the statuses of the answers.
async function forge(page, by) {
  const [answers] = await Promise.all([
    Promise.all(targets.map((target) => page.waitForResponse((response) => response.url() === site + target))),
    page.evaluate(([by, urls, secret]) => urls.forEach((action) => {
      if (by === 'a script') {
        fetch(action, { method: 'POST', mode: 'no-cors', credentials: 'include', body: '{}' })
        return
      }
      const frame = Object.assign(document.createElement('iframe'), { name: action })
      const form = Object.assign(document.createElement('form'), { method: 'post', action, target: action })
      for (const [name, value] of Object.entries({ username: 'alice', password: secret })) {
        form.append(Object.assign(document.createElement('input'), { name, value }))
      }
      document.body.append(frame, form)
      form.submit()
    }), [by, targets.map((target) => site + target), password]),
  ])
  return answers.map((answer) => answer.status())
}

// The browser takes the sibling for the same site and sends it all cookies; to
// another site it sends no cookies.
test('pages of other origins can do nothing', { timeout: 120_000 }, async () => {
  const { context, page } = await open()
  await login(page)
  await says(page, 'You are alice')
  const before = await kept(context)
  for (const [origin, want] of [[SIBLING, [403, 403, 403, 403]], [EVIL, [401, 403, 403, 403]]]) {
    for (const by of ['a form', 'a script']) {
      await page.goto(origin)
      assert.deepEqual(await forge(page, by), want, `${by} of ${origin}`)
    }
    const read = await page.evaluate((url) => fetch(url, { credentials: 'include' }).then(() => 'read', () => 'refused'), `${site}/me`)
    assert.equal(read, 'refused', origin)
  }
  assert.deepEqual(await kept(context), before)
  await page.goto(`${site}/`)
  await says(page, 'You are alice')
  await context.close()
})

test('with CSRF tokens a page sends them', { timeout: 120_000 }, async () => {
  const { context, page } = await open()
  const steps = await page.evaluate(async (secret) => {
    let token = ''
    const post = (path, body = {}) => fetch(`/tokens${path}`, {
      method: 'POST', headers: { 'Content-Type': 'application/json', ...(token && { 'X-CSRFToken': token }) }, body: JSON.stringify(body),
    }).then((answer) => answer.status)
    const load = async () => { token = (await (await fetch('/tokens/csrf')).json()).csrftoken }
    const alice = { username: 'alice', password: secret }
    const all = { 'login without a token': await post('/login', alice) }
    await load()
    const early = token
    all.login = await post('/login', alice)
    all.cookie = document.cookie.replace(/=.*/, '')
    token = ''
    all['a request without a token'] = await post('/me')
    token = early
    all['a request with the token of before the login'] = await post('/me')
    await load()
    all['a request'] = await post('/me')
    all['a refresh'] = await post('/refresh')
    all['a request after the refresh'] = await post('/me')
    all['a logout'] = await post('/logout')
    all['a request after the logout'] = await post('/me')
    return all
  }, password)
  assert.deepEqual(steps, {
    'login without a token': 403, login: 200, cookie: '__Host-csrftoken', 'a request without a token': 403,
    'a request with the token of before the login': 403, 'a request': 200, 'a refresh': 200, 'a request after the refresh': 200,
    'a logout': 200, 'a request after the logout': 401,
  })
  await context.close()
})
