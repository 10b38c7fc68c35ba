/** Style sheets are imported for their effect only; vite bundles them into files. */
declare module '*.css';
