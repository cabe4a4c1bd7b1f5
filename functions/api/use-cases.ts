import type { RouteId } from '../../shared/contract/routes.ts';
import type { RouteOf, UseCase } from '../../shared/lambda/http/use-case.ts';
import type { Deps } from './deps.ts';

/** The routes this function answers: all but those of the media function. */
export type ApiRouteId = { [Id in RouteId]: RouteOf<Id>['access'] extends 'media' ? never : Id }[RouteId];

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
  listPeople: async () => (await import('./people/list-people.ts')).listPeople,
  personAlbums: async () => (await import('./people/list-people.ts')).personAlbums,
  getPerson: async () => (await import('./people/get-person.ts')).getPerson,
  personImages: async () => (await import('./people/person-images.ts')).personImages,
  editPerson: async () => (await import('./people/edit-person.ts')).editPerson,
  mergePeople: async () => (await import('./people/move-faces.ts')).mergePeople,
  splitPerson: async () => (await import('./people/move-faces.ts')).splitPerson,
  undoPeople: async () => (await import('./people/move-faces.ts')).undoPeople,
  groupPeople: async () => (await import('./people/move-faces.ts')).groupPeople,
  eraseFaces: async () => (await import('./people/face-data.ts')).eraseFaces,
  allowFaces: async () => (await import('./people/face-data.ts')).allowFaces,
  assignFace: async () => (await import('./people/assign-face.ts')).assignFace,
  personAnalysis: async () => (await import('./people/person-analysis.ts')).personAnalysis,
  editCluster: async () => (await import('./clusters/edit-cluster.ts')).editCluster,
  mergeClusters: async () => (await import('./clusters/merge-clusters.ts')).mergeClusters,
  moveImages: async () => (await import('./clusters/move-images.ts')).moveImages,
  undoClusters: async () => (await import('./clusters/undo-clusters.ts')).undoClusters,
  getJob: async () => (await import('./jobs/get-job.ts')).getJob,
  stats: async () => (await import('./service/stats.ts')).stats,
  health: async () => (await import('./service/health.ts')).health,
  openapi: async () => (await import('./service/openapi.ts')).openapi,
  docs: async () => (await import('./service/docs.ts')).docs,
};
