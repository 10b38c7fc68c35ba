/** Starts the app in the browser. */
import '@preact/signals';
import './look/tokens.css';
import './look/base.css';
import './look/shell.css';
import './look/parts.css';
import './look/forms.css';
import './look/tables.css';
import './look/charts.css';
import './look/pages.css';
import './look/alerts.css';
import './look/stability.css';
import './look/print.css';
import { render } from 'preact';
import { App } from './app.tsx';
import { runClock } from './clock.ts';
import { keepFleet } from './fleet/store.ts';
import { onReasons } from './net/request.ts';
import { askMe, watchSession } from './net/session.ts';
import { followLinks } from './router.ts';
import { watchDensity, watchTheme } from './theme.ts';
import { watchTitle } from './title.ts';

onReasons(async () => {
  const { formatReasons } = await import('./words/reason.ts');
  return (why) => formatReasons([...why]);
});
watchTheme();
watchDensity();
watchTitle();
runClock();
followLinks();
watchSession();
keepFleet();
void askMe();

const place = document.getElementById('app');
if (place) {
  render(<App />, place);
  // `npm run dev`: what is drawn changes in the open page; who is logged in and what was read stay. Not in a build.
  import.meta.hot?.accept('./app.tsx', (changed) => changed && render(<changed.App />, place));
}

// There is one in a secure context only. Without it everything works but the installed app and its messages.
if (import.meta.env.PROD) navigator.serviceWorker?.register('/sw.js').catch(() => undefined);
