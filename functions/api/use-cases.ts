import type { RouteId } from '../../shared/contract/routes.ts';
import type { RouteOf, UseCase } from '../../shared/lambda/http/use-case.ts';
import type { Deps } from './deps.ts';

/** The routes this function answers: all but those of the media function. */
export type ApiRouteId = {
  [Id in RouteId]: RouteOf<Id>['access'] extends 'media' | 'link-media' ? never : Id;
}[RouteId];

export type ApiUseCase<Id extends ApiRouteId> = UseCase<Id, Deps>;

/** Each route's use case, loaded when it is first asked for: a cold start reads only what it runs. */
export const useCases: { [Id in ApiRouteId]: () => Promise<ApiUseCase<Id>> } = {
  signup: async () => (await import('./auth/signup.ts')).signup,
  token: async () => (await import('./auth/token.ts')).token,
  login: async () => (await import('./auth/login.ts')).login,
  refresh: async () => (await import('./auth/refresh.ts')).refresh,
  me: async () => (await import('./auth/me.ts')).me,
  verify: async () => (await import('./auth/verify.ts')).verify,
  logout: async () => (await import('./auth/logout.ts')).logout,
  createUploads: async () => (await import('./images/create-uploads.ts')).createUploads,
  upload: async () => (await import('./images/upload.ts')).upload,
  listImages: async () => (await import('./images/list-images.ts')).listImages,
  getImage: async () => (await import('./images/get-image.ts')).getImage,
  editImage: async () => (await import('./images/edit-image.ts')).editImage,
  reprocessImage: async () => (await import('./images/reprocess-image.ts')).reprocessImage,
  reprocessImages: async () => (await import('./images/reprocess-images.ts')).reprocessImages,
  batch: async () => (await import('./images/batch.ts')).batch,
  deleteImage: async () => (await import('./images/delete-image.ts')).deleteImage,
  duplicates: async () => (await import('./search/duplicates.ts')).duplicates,
  search: async () => (await import('./search/search.ts')).search,
  suggest: async () => (await import('./search/suggest.ts')).suggest,
  similar: async () => (await import('./search/similar.ts')).similar,
  cluster: async () => (await import('./clusters/cluster.ts')).cluster,
  listClusters: async () => (await import('./clusters/list-clusters.ts')).listClusters,
  getCluster: async () => (await import('./clusters/get-cluster.ts')).getCluster,
  listAlbums: async () => (await import('./albums/list-albums.ts')).listAlbums,
  createAlbum: async () => (await import('./albums/create-album.ts')).createAlbum,
  createManualAlbum: async () => (await import('./albums/create-album.ts')).createManualAlbum,
  generateAlbums: async () => (await import('./albums/generate-albums.ts')).generateAlbums,
  albumsByLocation: async () => (await import('./albums/by-location.ts')).albumsByLocation,
  albumsByDate: async () => (await import('./albums/by-date.ts')).albumsByDate,
  getAlbum: async () => (await import('./albums/get-album.ts')).getAlbum,
  editAlbum: async () => (await import('./albums/edit-album.ts')).editAlbum,
  deleteAlbum: async () => (await import('./albums/delete-album.ts')).deleteAlbum,
  listAlbumImages: async () => (await import('./albums/list-album-images.ts')).listAlbumImages,
  addToAlbum: async () => (await import('./albums/album-images.ts')).addToAlbum,
  removeFromAlbum: async () => (await import('./albums/album-images.ts')).removeFromAlbum,
  getJob: async () => (await import('./jobs/get-job.ts')).getJob,
  createLink: async () => (await import('./links/create-link.ts')).createLink,
  listLinks: async () => (await import('./links/list-links.ts')).listLinks,
  revokeLink: async () => (await import('./links/revoke-link.ts')).revokeLink,
  getShared: async () => (await import('./shared/get-shared.ts')).getShared,
  accessShared: async () => (await import('./shared/access-shared.ts')).accessShared,
  listSharedImages: async () => (await import('./shared/list-shared-images.ts')).listSharedImages,
  getSharedImage: async () => (await import('./shared/get-shared-image.ts')).getSharedImage,
  createDownload: async () => (await import('./downloads/create-download.ts')).createDownload,
  stats: async () => (await import('./service/stats.ts')).stats,
  health: async () => (await import('./service/health.ts')).health,
  openapi: async () => (await import('./service/openapi.ts')).openapi,
  docs: async () => (await import('./service/docs.ts')).docs,
};
