/** Away to the provider by which people log in, and back. */
import type { OpenIdBegun } from '../../../shared/openid.ts';
import { keepForTab, keptForTab } from '../remember.ts';
import { call } from './request.ts';

/** Where to go afterwards: the provider's pages are in between. */
const nextKey = 'provider.next';
/** A page that waits for the password typed in at the provider, in a window of its own. */
const channelName = 'evenkeel.confirmed';

export const nextAfter = (): string | null => keptForTab(nextKey);

/** Leaves this page. @throws Problem */
export async function beginAtProvider(next: string | null = null): Promise<void> {
  const { url } = await call<OpenIdBegun>('login/openid', { method: 'POST', body: {} });
  keepForTab(nextKey, next ?? '/');
  location.assign(url);
}

/** Asks in a window of its own, so that nothing typed on this page is lost. @returns an end to the waiting */
export function confirmAtProvider(onConfirmed: () => void, onProblem: (thrown: unknown) => void): () => void {
  const waiting = new BroadcastChannel(channelName);
  waiting.addEventListener('message', onConfirmed);
  // Opened at once: after an answer a browser would take it for an advertisement.
  const opened = open('about:blank', '_blank', 'popup,width=520,height=720');
  call<OpenIdBegun>('login/openid', { method: 'POST', body: { again: true } }).then(
    ({ url }) => {
      if (opened) opened.location.href = url;
      else location.assign(url);
    },
    (thrown) => {
      opened?.close();
      onProblem(thrown);
    },
  );
  return () => waiting.close();
}

/** In that window: tells the page that waits, and closes, where the browser lets it. */
export function confirmedThere(): void {
  new BroadcastChannel(channelName).postMessage('confirmed');
  close();
}
