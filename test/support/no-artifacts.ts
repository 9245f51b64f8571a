/** For starts whose types keep no part of an input as an artifact. */
export const noArtifacts = {
  put: () => Promise.reject(new TypeError('there are no artifacts in this test')),
};
