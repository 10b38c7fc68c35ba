import type { RefObject } from 'preact';
import { useEffect, useRef } from 'preact/hooks';

/**
 * After a form was refused: its first field with a fault, else the message, comes into view and takes the focus. The button that
 * was pressed is at the end of the form, and on a phone what went wrong is screens above it.
 * @param inside anything in the form
 */
export function useFaultInView(inside: RefObject<HTMLElement | null>, busy: boolean): void {
  const wasBusy = useRef(false);
  useEffect(() => {
    const isAnswered = wasBusy.current && !busy;
    wasBusy.current = busy;
    const form = isAnswered && inside.current?.closest('form');
    if (!form) return;
    const found = form.querySelector<HTMLElement>('[aria-invalid]') ?? form.querySelector<HTMLElement>('[role=alert]');
    if (!found) return;
    const fold = found.closest('details');
    if (fold) fold.open = true;
    if (found.role === 'alert') found.tabIndex = -1;
    found.focus({ preventScroll: true });
    found.scrollIntoView({ block: 'center' });
  }, [busy]);
}
