/** One message at the bottom about what was just done, with a way back; it goes by itself, but not while it is looked at. */
import { signal } from '@preact/signals';
import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { t } from '../words/words.ts';

interface ToastMessage {
  text: string;
  undo: (() => void) | null;
  /** What can be added to it at once. */
  more: ComponentChildren;
}

const shown = signal<ToastMessage | null>(null);
const shownMs = 10_000;

export function toast(text: string, undo: (() => void) | null = null, more: ComponentChildren = null): void {
  shown.value = { text, undo, more };
}

export function Toast() {
  const [isHeld, hold] = useState(false);
  const message = shown.value;
  useEffect(() => {
    if (message === null || isHeld) return;
    const timer = setTimeout(() => {
      if (shown.value === message) shown.value = null;
    }, shownMs);
    return () => clearTimeout(timer);
  }, [message, isHeld]);
  // What a page said is not said on the next one.
  useEffect(
    () => () => {
      shown.value = null;
    },
    [],
  );
  const undo = () => {
    message?.undo?.();
    shown.value = null;
  };
  return (
    <div class="toast-place" role="status">
      {message && (
        // biome-ignore lint/a11y/noStaticElementInteractions: only so that it stays while it is read
        <div
          class="toast"
          onMouseEnter={() => hold(true)}
          onMouseLeave={() => hold(false)}
          onFocusIn={() => hold(true)}
          onFocusOut={() => hold(false)}
        >
          <span>{message.text}</span>
          {message.more}
          {message.undo && (
            <button type="button" class="button slim" onClick={undo}>
              {t('common.undo')}
            </button>
          )}
        </div>
      )}
    </div>
  );
}
