// Before the first paint, so that a dark room stays dark. Kept apart from the app because nothing inline is allowed.
try {
  const theme = localStorage.getItem('evenkeel.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is switched off in this browser: the system's theme is used.
}
