/** A file of the collector: what went wrong is said on the page, where a plain link would show an answer in JSON. */
import { useState } from 'preact/hooks';
import { asProblem } from '../../net/load.ts';
import { fetchFile, type Problem } from '../../net/request.ts';

export function useDownload() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<Problem | null>(null);
  const download = async (address: string) => {
    setBusy(true);
    setProblem(null);
    try {
      const { name, content } = await fetchFile(address);
      const url = URL.createObjectURL(content);
      const link = Object.assign(document.createElement('a'), { href: url, download: name });
      link.click();
      URL.revokeObjectURL(url);
    } catch (thrown) {
      setProblem(asProblem(thrown));
    } finally {
      setBusy(false);
    }
  };
  return { busy, problem, download };
}
