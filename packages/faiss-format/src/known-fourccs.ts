/** What kind of object a fourcc stands for. */
export type FourccGroup = 'index' | 'binary' | 'lists' | 'transform' | 'missing';

/** A class of faiss, and what it is. */
export interface KnownFourcc {
  readonly className: string;
  readonly group: FourccGroup;
}

const TABLE: Readonly<Record<FourccGroup, string>> = {
  index: `
    IxF2 IndexFlatL2  IxFI IndexFlatIP  IxFl IndexFlat  IxFP IndexFlatL2Panorama  IxFp IndexFlatIPPanorama
    IxHe IndexLSH  IxHE IndexLSH  IxPq IndexPQ  IxPQ IndexPQ  IxPo IndexPQ  IPfs IndexPQFastScan
    IxSQ IndexScalarQuantizer  IxRq IndexResidualQuantizer  IxRQ IndexResidualQuantizer
    IxLS IndexLocalSearchQuantizer  IxPR IndexProductResidualQuantizer  IxPL IndexProductLocalSearchQuantizer
    IRfs IndexResidualQuantizerFastScan  ILfs IndexLocalSearchQuantizerFastScan
    IPRf IndexProductResidualQuantizerFastScan  IPLf IndexProductLocalSearchQuantizerFastScan
    ImRQ ResidualCoarseQuantizer  Imiq MultiIndexQuantizer  Ix2L Index2Layer  IxLa IndexLattice
    IwFl IndexIVFFlat  IvFl IndexIVFFlat  IvFL IndexIVFFlat  IwFd IndexIVFFlatDedup
    IwP2 IndexIVFFlatPanorama  IwPn IndexIVFFlatPanorama
    IwSq IndexIVFScalarQuantizer  IwSQ IndexIVFScalarQuantizer  IvSQ IndexIVFScalarQuantizer
    IwPQ IndexIVFPQ  IvPQ IndexIVFPQ  IwQR IndexIVFPQR  IvQR IndexIVFPQR  IwPf IndexIVFPQFastScan
    IwRQ IndexIVFResidualQuantizer  IwLS IndexIVFLocalSearchQuantizer
    IwPR IndexIVFProductResidualQuantizer  IwPL IndexIVFProductLocalSearchQuantizer
    IVRf IndexIVFResidualQuantizerFastScan  IVLf IndexIVFLocalSearchQuantizerFastScan
    NPRf IndexIVFProductResidualQuantizerFastScan  NPLf IndexIVFProductLocalSearchQuantizerFastScan
    IwSh IndexIVFSpectralHash  IwIQ IndexIVFIndependentQuantizer
    IxPT IndexPreTransform  IxRF IndexRefine  IxRP IndexRefinePanorama  IxMp IndexIDMap  IxM2 IndexIDMap2
    IRMf IndexRowwiseMinMax  IRMh IndexRowwiseMinMaxFP16
    IHNf IndexHNSWFlat  IHNp IndexHNSWPQ  IHNs IndexHNSWSQ  IHN2 IndexHNSW2Level
    IHfP IndexHNSWFlatPanorama  IHc2 IndexHNSWCagra  IHNc IndexHNSWCagra  IH00 IndexHNSW
    INSf IndexNSGFlat  INSp IndexNSGPQ  INSs IndexNSGSQ  INNf IndexNNDescentFlat
    Ixrq IndexRaBitQ  Ixrr IndexRaBitQ  Irfn IndexRaBitQFastScan  Irfs IndexRaBitQFastScan
    Iwrq IndexIVFRaBitQ  Iwrr IndexIVFRaBitQ  Iwrn IndexIVFRaBitQFastScan  Iwrf IndexIVFRaBitQFastScan
    IxEe IndexEDEN  IxEd IndexEDEN  IwEe IndexIVFEDEN  IwEd IndexIVFEDEN
    ISVD IndexSVSVamana  ISV2 IndexSVSVamana  ILVQ IndexSVSVamanaLVQ  ISVL IndexSVSVamanaLeanVec
    ISVF IndexSVSFlat  ISID IndexSVSIVF  ISIQ IndexSVSIVFLVQ  ISIL IndexSVSIVFLeanVec`,
  binary: `
    IBxF IndexBinaryFlat  IBwF IndexBinaryIVF  IBFf IndexBinaryFromFloat  IBHf IndexBinaryHNSW
    IBHc IndexBinaryHNSWCagra  IBMp IndexBinaryIDMap  IBM2 IndexBinaryIDMap2
    IBHh IndexBinaryHash  IBHm IndexBinaryMultiHash`,
  lists: `
    il00 none  ilar ArrayInvertedLists  ilod OnDiskInvertedLists  ilbl BlockInvertedLists
    ilp2 ArrayInvertedListsPanorama  ilpn ArrayInvertedListsPanorama`,
  transform: `
    LTra LinearTransform  rrot RandomRotationMatrix  Pcam PCAMatrix  PCAm PCAMatrix  PcAm PCAMatrix
    Viqm ITQMatrix  Viqt ITQTransform  VNrm NormalizationTransform  VCnt CenteringTransform
    RmDT RemapDimensionsTransform  HRot HadamardRotation`,
  missing: 'null none',
};

/** Every fourcc that faiss 1.15.1 writes or reads, with the name of its class. */
export const KNOWN_FOURCCS: ReadonlyMap<string, KnownFourcc> = new Map(
  (Object.keys(TABLE) as FourccGroup[]).flatMap((group) => {
    const words = TABLE[group].trim().split(/\s+/);
    return Array.from({ length: words.length / 2 }, (_, i): [string, KnownFourcc] => [
      words[2 * i]!,
      { className: words[2 * i + 1]!, group },
    ]);
  }),
);

/** The four characters with the class they stand for: `"IxSQ" (IndexScalarQuantizer)`. */
export function describeFourcc(fourcc: string): string {
  const known = KNOWN_FOURCCS.get(fourcc);
  return known === undefined ? `unknown fourcc "${fourcc}"` : `"${fourcc}" (${known.className})`;
}
