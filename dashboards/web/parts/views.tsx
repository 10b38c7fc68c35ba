/** The menu of saved views of a page, which takes it with one line; what is in it comes when it is first opened. */
import { useEffect, useRef, useState } from 'preact/hooks';
import type { ViewPage } from '../../../shared/view.ts';
import { me } from '../net/session.ts';
import { navigate, path, search } from '../router.ts';
import { t } from '../words/words.ts';
import { Late } from './late.tsx';

const load = () => import('./views-menu.tsx').then(({ ViewsMenu }) => ViewsMenu);

/** A page that is opened without anything in its address shows the view that was chosen for that. Before what it loads. */
export function useStartView(page: ViewPage): void {
  useState(() => {
    const start = search.peek() === '' ? me.peek()?.starts[page] : undefined;
    if (start) navigate(`${path.peek()}?${start}`, { replace: true });
  });
}

interface ViewsProps {
  page: ViewPage;
  /** What this browser shows besides what stands in the address. */
  beside?: Readonly<Record<string, string>>;
}

export function Views({ page, beside = {} }: ViewsProps) {
  const [isOpen, setOpen] = useState(false);
  const menu = useRef<HTMLDivElement>(null);
  const close = () => {
    setOpen(false);
    menu.current?.querySelector('button')?.focus();
  };
  useEffect(() => {
    if (!isOpen) return;
    const outside = ({ target }: Event) => {
      if (target instanceof Node && target.isConnected && !menu.current?.contains(target)) setOpen(false);
    };
    // Of the document: what had the focus may be gone, such as a form that was saved.
    const keys = ({ key }: KeyboardEvent) => key === 'Escape' && close();
    document.addEventListener('pointerdown', outside);
    document.addEventListener('keydown', keys);
    return () => {
      document.removeEventListener('pointerdown', outside);
      document.removeEventListener('keydown', keys);
    };
  }, [isOpen]);
  return (
    <div class="menu" ref={menu}>
      <button type="button" class="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
        {t('common.views')}
      </button>
      {isOpen && (
        <div class="menu-open box box-body stack">
          <Late load={load} props={{ page, beside, onClose: close }} />
        </div>
      )}
    </div>
  );
}
