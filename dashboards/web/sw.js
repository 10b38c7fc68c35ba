/**
 * The service worker: what makes the app installable, and shows messages while no page is open. It keeps files of the build
 * whose names have a hash of their content, and nothing else: no page, no answer of the API. Those of the first page are fetched
 * at once, others when they are first asked for: a weak connection carries each of them once. vite.config.ts writes
 * `self.evenkeel` before it, so that each build is another worker, which takes the place of the last one at the next load.
 */
const { cache, files, offline } = self.evenkeel;

self.addEventListener('install', (event) => {
  event.waitUntil(
    caches
      .open(cache)
      .then((kept) => kept.addAll(files))
      .then(() => self.skipWaiting()),
  );
});

self.addEventListener('activate', (event) => {
  const others = caches.keys().then((names) => names.filter((name) => name !== cache));
  event.waitUntil(
    others.then((names) => Promise.all(names.map((name) => caches.delete(name)))).then(() => self.clients.claim()),
  );
});

self.addEventListener('fetch', (event) => {
  const { request } = event;
  const { origin, pathname } = new URL(request.url);
  if (request.method !== 'GET' || origin !== self.location.origin) return;
  // A page always comes from the collector: an old one would name files that are gone.
  if (request.mode === 'navigate' && !pathname.startsWith('/api/'))
    event.respondWith(fetch(request).catch(() => offlinePage()));
  else if (/^\/assets\/[\w.-]+-[\w-]{8}\.(?:js|css)$/.test(pathname)) event.respondWith(ofBuild(request));
});

async function ofBuild(request) {
  const kept = await caches.match(request, { cacheName: cache });
  if (kept) return kept;
  const answer = await fetch(request);
  if (answer.ok) {
    const copy = answer.clone();
    // Without room for it, it is fetched again the next time.
    caches
      .open(cache)
      .then((open) => open.put(request, copy))
      .catch(() => undefined);
  }
  return answer;
}

function offlinePage() {
  const wanted = navigator.languages.map((language) => language.split('-')[0]);
  const language = wanted.find((one) => offline[one]) ?? 'en';
  const headers = {
    'content-type': 'text/html; charset=utf-8',
    'content-security-policy': "default-src 'none'; style-src 'unsafe-inline'",
  };
  return new Response(offline[language], { status: 503, headers });
}

self.addEventListener('push', (event) => {
  const { title, body, lang, tag, url, severity, acknowledge, words } = event.data.json();
  const about = { lang, tag, url, acknowledge, words };
  event.waitUntil(
    self.registration.showNotification(title, {
      ...{ body, lang, tag, data: about },
      ...{ icon: '/icon-192.png', badge: '/icon-192.png' },
      // The same alert again, or more of them: it takes the place of the last message, and is heard.
      renotify: true,
      requireInteraction: severity === 'critical',
      actions: acknowledge ? [{ action: 'acknowledge', title: words.acknowledge }] : [],
    }),
  );
});

self.addEventListener('notificationclick', (event) => {
  const { data } = event.notification;
  event.notification.close();
  event.waitUntil(event.action === 'acknowledge' && data.acknowledge ? acknowledged(data) : opened(data.url));
});

/** What came of it is said in place of the message: pressed in the dark, it must not fail without a word. */
async function acknowledged({ lang, tag, url, acknowledge, words }) {
  const said = await fetch(acknowledge, { method: 'POST', credentials: 'omit' })
    .then(async (answer) => (answer.ok ? /role="status">([^<]*)</.exec(await answer.text())?.[1] : undefined))
    .catch(() => undefined);
  const icons = { icon: '/icon-192.png', badge: '/icon-192.png' };
  // Not sent: the link stays, for another try.
  const data = said ? { lang, tag, url, words } : { lang, tag, url, acknowledge, words };
  const actions = said ? [] : [{ action: 'acknowledge', title: words.acknowledge }];
  return self.registration.showNotification(said ?? words.failed, { lang, tag, data, actions, ...icons });
}

async function opened(url) {
  const [open] = await self.clients.matchAll({ type: 'window' });
  if (!open) return self.clients.openWindow(url);
  const shown = await open.navigate(url).catch(() => null);
  return shown ? shown.focus() : self.clients.openWindow(url);
}
