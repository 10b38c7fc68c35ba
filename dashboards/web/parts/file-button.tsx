/** A file of the collector: what went wrong is said on the page, where a plain link would show an answer in JSON. */
import { useSend } from '../net/load.ts';
import { fetchFile } from '../net/request.ts';
import { t } from '../words/words.ts';
import { ProblemCallout } from './box.tsx';
import { saveFile } from './save-file.ts';

async function download(address: string): Promise<void> {
  const { name, content } = await fetchFile(address);
  saveFile(content, name);
}

interface FileButtonProps {
  /** Under `/api/v1/`. */
  address: string;
  kind: 'CSV' | 'PDF';
  isSlim?: boolean;
}

export function FileButton({ address, kind, isSlim = false }: FileButtonProps) {
  const { busy, problem, send } = useSend();
  return (
    <>
      <button
        type="button"
        class={`button screen-only ${isSlim ? 'slim' : ''}`}
        disabled={busy}
        onClick={() => void send(() => download(address))}
      >
        {busy ? t('common.working') : kind}
      </button>
      {problem && <ProblemCallout problem={problem} />}
    </>
  );
}
