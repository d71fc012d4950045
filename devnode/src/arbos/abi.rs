//! Solidity interfaces of the precompiles, as published in Offchain Labs' nitro-precompile-interfaces,
//! and of the contracts built in.
#![allow(
    missing_docs,
    unreachable_pub,
    clippy::pedantic,
    reason = "the items are generated from the interfaces"
)]

use alloy_sol_types::sol;

sol! {
    #[derive(Debug, PartialEq, Eq)]
    interface ArbWasm {
        function activateProgram(address program) external payable returns (uint16 version, uint256 dataFee);
        function stylusVersion() external view returns (uint16 version);
        function codehashVersion(bytes32 codehash) external view returns (uint16 version);
        function codehashKeepalive(bytes32 codehash) external payable;
        function codehashAsmSize(bytes32 codehash) external view returns (uint32 size);
        function programVersion(address program) external view returns (uint16 version);
        function programInitGas(address program) external view returns (uint64 gas, uint64 gasWhenCached);
        function programMemoryFootprint(address program) external view returns (uint16 footprint);
        function programTimeLeft(address program) external view returns (uint64 secs);
        function inkPrice() external view returns (uint32 price);
        function maxStackDepth() external view returns (uint32 depth);
        function freePages() external view returns (uint16 pages);
        function pageGas() external view returns (uint16 gas);
        function pageRamp() external view returns (uint64 ramp);
        function pageLimit() external view returns (uint16 limit);
        function minInitGas() external view returns (uint64 gas, uint64 cached);
        function initCostScalar() external view returns (uint64 percent);
        function expiryDays() external view returns (uint16 numDays);
        function keepaliveDays() external view returns (uint16 numDays);
        function blockCacheSize() external view returns (uint16 count);
        function activationGas() external view returns (uint64 gas);

        event ProgramActivated(bytes32 indexed codehash, bytes32 moduleHash, address program, uint256 dataFee, uint16 version);
        event ProgramLifetimeExtended(bytes32 indexed codehash, uint256 dataFee);

        error ProgramNotWasm();
        error ProgramNotActivated();
        error ProgramNeedsUpgrade(uint16 version, uint16 stylusVersion);
        error ProgramExpired(uint64 ageInSeconds);
        error ProgramUpToDate();
        error ProgramKeepaliveTooSoon(uint64 ageInSeconds);
        error ProgramInsufficientValue(uint256 have, uint256 want);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbWasmCache {
        function isCacheManager(address manager) external view returns (bool isManager);
        function allCacheManagers() external view returns (address[] managers);
        function cacheProgram(address addr) external;
        function evictCodehash(bytes32 codehash) external;
        function codehashIsCached(bytes32 codehash) external view returns (bool isCached);

        event UpdateProgramCache(address indexed manager, bytes32 indexed codehash, bool cached);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbSys {
        function arbBlockNumber() external view returns (uint256 number);
        function arbBlockHash(uint256 arbBlockNum) external view returns (bytes32 hash);
        function arbChainID() external view returns (uint256 id);
        function arbOSVersion() external view returns (uint256 version);
        function getStorageGasAvailable() external view returns (uint256 gas);
        function isTopLevelCall() external view returns (bool isTop);
        function mapL1SenderContractAddressToL2Alias(address sender, address unused) external pure returns (address aliased);
        function wasMyCallersAddressAliased() external view returns (bool wasAliased);
        function myCallersAddressWithoutAliasing() external view returns (address original);
        function withdrawEth(address destination) external payable returns (uint256 id);
        function sendTxToL1(address destination, bytes data) external payable returns (uint256 id);
        function sendMerkleTreeState() external view returns (uint256 size, bytes32 root, bytes32[] partials);

        error InvalidBlockNumber(uint256 requested, uint256 current);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbInfo {
        function getBalance(address account) external view returns (uint256 balance);
        function getCode(address account) external view returns (bytes code);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbAddressTable {
        function addressExists(address addr) external view returns (bool exists);
        function compress(address addr) external returns (bytes compressed);
        function decompress(bytes buf, uint256 offset) external view returns (address addr, uint256 length);
        function lookup(address addr) external view returns (uint256 index);
        function lookupIndex(uint256 index) external view returns (address addr);
        function register(address addr) external returns (uint256 index);
        function size() external view returns (uint256 length);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbFunctionTable {
        function upload(bytes buf) external;
        function size(address addr) external view returns (uint256 length);
        function get(address addr, uint256 index) external view returns (uint256 selector, bool isPayable, uint256 gas);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbosTest {
        function burnArbGas(uint256 gasAmount) external pure;
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbOwnerPublic {
        function isChainOwner(address addr) external view returns (bool isOwner);
        function rectifyChainOwner(address ownerToRectify) external;
        function getAllChainOwners() external view returns (address[] owners);
        function getNativeTokenManagementFrom() external view returns (uint64 timestamp);
        function isNativeTokenOwner(address addr) external view returns (bool isOwner);
        function getAllNativeTokenOwners() external view returns (address[] owners);
        function getTransactionFilteringFrom() external view returns (uint64 timestamp);
        function isTransactionFilterer(address filterer) external view returns (bool isOne);
        function getAllTransactionFilterers() external view returns (address[] filterers);
        function getFilteredFundsRecipient() external view returns (address recipient);
        function getNetworkFeeAccount() external view returns (address account);
        function getInfraFeeAccount() external view returns (address account);
        function getBrotliCompressionLevel() external view returns (uint64 level);
        function getParentGasFloorPerToken() external view returns (uint64 floor);
        function getScheduledUpgrade() external view returns (uint64 arbosVersion, uint64 scheduledForTimestamp);
        function isCalldataPriceIncreaseEnabled() external view returns (bool enabled);
        function getMaxStylusContractFragments() external view returns (uint8 count);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbOwner {
        struct ResourceWeight {
            uint8 resource;
            uint64 weight;
        }
        struct ResourceConstraint {
            ResourceWeight[] resources;
            uint32 adjustmentWindowSecs;
            uint64 targetPerSec;
            uint64 backlog;
        }

        function addChainOwner(address newOwner) external;
        function removeChainOwner(address ownerToRemove) external;
        function isChainOwner(address addr) external view returns (bool isOwner);
        function getAllChainOwners() external view returns (address[] owners);
        function setNativeTokenManagementFrom(uint64 timestamp) external;
        function setTransactionFilteringFrom(uint64 timestamp) external;
        function addNativeTokenOwner(address newOwner) external;
        function removeNativeTokenOwner(address ownerToRemove) external;
        function isNativeTokenOwner(address addr) external view returns (bool isOwner);
        function getAllNativeTokenOwners() external view returns (address[] owners);
        function addTransactionFilterer(address filterer) external;
        function removeTransactionFilterer(address filterer) external;
        function isTransactionFilterer(address filterer) external view returns (bool isOne);
        function getAllTransactionFilterers() external view returns (address[] filterers);
        function setFilteredFundsRecipient(address newRecipient) external;
        function getFilteredFundsRecipient() external view returns (address recipient);
        function setL1BaseFeeEstimateInertia(uint64 inertia) external;
        function setL2BaseFee(uint256 priceInWei) external;
        function setMinimumL2BaseFee(uint256 priceInWei) external;
        function setSpeedLimit(uint64 limit) external;
        function setMaxTxGasLimit(uint64 limit) external;
        function setMaxBlockGasLimit(uint64 limit) external;
        function setL2GasPricingInertia(uint64 sec) external;
        function setL2GasBacklogTolerance(uint64 sec) external;
        function getNetworkFeeAccount() external view returns (address account);
        function getInfraFeeAccount() external view returns (address account);
        function setNetworkFeeAccount(address newNetworkFeeAccount) external;
        function setInfraFeeAccount(address newInfraFeeAccount) external;
        function scheduleArbOSUpgrade(uint64 newVersion, uint64 timestamp) external;
        function setL1PricingEquilibrationUnits(uint256 equilibrationUnits) external;
        function setL1PricingInertia(uint64 inertia) external;
        function setL1PricingRewardRecipient(address recipient) external;
        function setL1PricingRewardRate(uint64 weiPerUnit) external;
        function setL1PricePerUnit(uint256 pricePerUnit) external;
        function setParentGasFloorPerToken(uint64 floorPerToken) external;
        function setPerBatchGasCharge(int64 cost) external;
        function setBrotliCompressionLevel(uint64 level) external;
        function setAmortizedCostCapBips(uint64 cap) external;
        function releaseL1PricerSurplusFunds(uint256 maxWeiToRelease) external returns (uint256 released);
        function setInkPrice(uint32 price) external;
        function setWasmMaxStackDepth(uint32 depth) external;
        function setWasmFreePages(uint16 pages) external;
        function setWasmPageGas(uint16 gas) external;
        function setWasmPageLimit(uint16 limit) external;
        function setWasmMaxSize(uint32 size) external;
        function setWasmMinInitGas(uint8 gas, uint16 cached) external;
        function setWasmInitCostScalar(uint64 percent) external;
        function setWasmExpiryDays(uint16 numDays) external;
        function setWasmKeepaliveDays(uint16 numDays) external;
        function setWasmBlockCacheSize(uint16 count) external;
        function setWasmActivationGas(uint64 gas) external;
        function addWasmCacheManager(address manager) external;
        function removeWasmCacheManager(address manager) external;
        function setChainConfig(string chainConfig) external;
        function setCalldataPriceIncrease(bool enable) external;
        function setGasBacklog(uint64 backlog) external;
        function setGasPricingConstraints(uint64[3][] constraints) external;
        function setMultiGasPricingConstraints(ResourceConstraint[] constraints) external;
        function setMaxStylusContractFragments(uint8 maxFragments) external;

        event OwnerActs(bytes4 indexed method, address indexed owner, bytes data);
        event ChainOwnerAdded(address indexed owner);
        event ChainOwnerRemoved(address indexed owner);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbGasInfo {
        struct ResourceWeight {
            uint8 resource;
            uint64 weight;
        }
        struct ResourceConstraint {
            ResourceWeight[] resources;
            uint32 adjustmentWindowSecs;
            uint64 targetPerSec;
            uint64 backlog;
        }

        function getPricesInWeiWithAggregator(address aggregator) external view returns (uint256 perL2Tx, uint256 perL1CalldataUnit, uint256 perStorageUnit, uint256 perArbGasBase, uint256 perArbGasCongestion, uint256 perArbGasTotal);
        function getPricesInWei() external view returns (uint256 perL2Tx, uint256 perL1CalldataUnit, uint256 perStorageUnit, uint256 perArbGasBase, uint256 perArbGasCongestion, uint256 perArbGasTotal);
        function getPricesInArbGasWithAggregator(address aggregator) external view returns (uint256 perL2Tx, uint256 perL1CalldataUnit, uint256 perStorageUnit);
        function getPricesInArbGas() external view returns (uint256 perL2Tx, uint256 perL1CalldataUnit, uint256 perStorageUnit);
        function getGasAccountingParams() external view returns (uint256 speedLimitPerSecond, uint256 gasPoolMax, uint256 maxTxGasLimit);
        function getMaxTxGasLimit() external view returns (uint256 limit);
        function getMinimumGasPrice() external view returns (uint256 price);
        function getL1BaseFeeEstimate() external view returns (uint256 price);
        function getL1BaseFeeEstimateInertia() external view returns (uint64 inertia);
        function getL1RewardRate() external view returns (uint64 rate);
        function getL1RewardRecipient() external view returns (address recipient);
        function getL1GasPriceEstimate() external view returns (uint256 price);
        function getCurrentTxL1GasFees() external view returns (uint256 fees);
        function getGasBacklog() external view returns (uint64 backlog);
        function getPricingInertia() external view returns (uint64 inertia);
        function getGasBacklogTolerance() external view returns (uint64 tolerance);
        function getL1PricingSurplus() external view returns (int256 surplus);
        function getPerBatchGasCharge() external view returns (int64 charge);
        function getAmortizedCostCapBips() external view returns (uint64 cap);
        function getL1FeesAvailable() external view returns (uint256 fees);
        function getL1PricingEquilibrationUnits() external view returns (uint256 units);
        function getLastL1PricingUpdateTime() external view returns (uint64 timestamp);
        function getL1PricingFundsDueForRewards() external view returns (uint256 funds);
        function getL1PricingUnitsSinceUpdate() external view returns (uint64 units);
        function getLastL1PricingSurplus() external view returns (int256 surplus);
        function getMaxBlockGasLimit() external view returns (uint64 limit);
        function getGasPricingConstraints() external view returns (uint64[3][] constraints);
        function getMultiGasPricingConstraints() external view returns (ResourceConstraint[] constraints);
        function getMultiGasBaseFee() external view returns (uint256[] baseFees);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbAggregator {
        function getPreferredAggregator(address addr) external view returns (address aggregator, bool isDefault);
        function getDefaultAggregator() external view returns (address aggregator);
        function getBatchPosters() external view returns (address[] posters);
        function addBatchPoster(address newBatchPoster) external;
        function getFeeCollector(address batchPoster) external view returns (address collector);
        function setFeeCollector(address batchPoster, address newFeeCollector) external;
        function getTxBaseFee(address aggregator) external view returns (uint256 fee);
        function setTxBaseFee(address aggregator, uint256 feeInL1Gas) external;
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbRetryableTx {
        function redeem(bytes32 ticketId) external returns (bytes32 hash);
        function getLifetime() external view returns (uint256 secs);
        function getTimeout(bytes32 ticketId) external view returns (uint256 timestamp);
        function keepalive(bytes32 ticketId) external returns (uint256 timestamp);
        function getBeneficiary(bytes32 ticketId) external view returns (address beneficiary);
        function cancel(bytes32 ticketId) external;
        function getCurrentRedeemer() external view returns (address redeemer);
        function submitRetryable(bytes32 requestId, uint256 l1BaseFee, uint256 deposit, uint256 callvalue, uint256 gasFeeCap, uint64 gasLimit, uint256 maxSubmissionFee, address feeRefundAddress, address beneficiary, address retryTo, bytes retryData) external;
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbStatistics {
        function getStats() external view returns (uint256 blockNumber, uint256 accounts, uint256 storageSum, uint256 gasSum, uint256 transactions, uint256 contracts);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbNativeTokenManager {
        function mintNativeToken(uint256 amount) external;
        function burnNativeToken(uint256 amount) external;
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbFilteredTransactionsManager {
        function addFilteredTransaction(bytes32 txHash) external;
        function deleteFilteredTransaction(bytes32 txHash) external;
        function isTransactionFiltered(bytes32 txHash) external view returns (bool isFiltered);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface ArbDebug {
        function becomeChainOwner() external;
        function overwriteContractCode(address target, bytes newCode) external returns (bytes oldCode);
        function events(bool flag, bytes32 value) external payable returns (address caller, uint256 paid);
        function eventsView() external view;
        function customRevert(uint64 number) external pure;
        function panic() external;
        function legacyError() external pure;

        event Basic(bool flag, bytes32 indexed value);
        event Mixed(bool indexed flag, bool not, bytes32 indexed value, address conn, address indexed caller);

        error Custom(uint64 number, string message, bool flag);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface NodeInterface {
        function estimateRetryableTicket(address sender, uint256 deposit, address to, uint256 l2CallValue, address excessFeeRefundAddress, address callValueRefundAddress, bytes data) external;
        function constructOutboxProof(uint64 size, uint64 leaf) external view returns (bytes32 send, bytes32 root, bytes32[] proof);
        function findBatchContainingBlock(uint64 blockNum) external view returns (uint64 batch);
        function getL1Confirmations(bytes32 blockHash) external view returns (uint64 confirmations);
        function gasEstimateComponents(address to, bool contractCreation, bytes data) external payable returns (uint64 gasEstimate, uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
        function gasEstimateL1Component(address to, bool contractCreation, bytes data) external payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
        function nitroGenesisBlock() external pure returns (uint256 number);
        function blockL1Num(uint64 l2BlockNum) external view returns (uint64 l1BlockNum);
        function l2BlockRangeForL1(uint64 blockNum) external view returns (uint64 firstBlock, uint64 lastBlock);
    }

    #[derive(Debug, PartialEq, Eq)]
    interface StylusDeployer {
        function deploy(bytes bytecode, bytes initData, uint256 initValue, bytes32 salt) external payable returns (address deployed);
        function requiresActivation(address addr) external view returns (bool required);
        function initSalt(bytes32 salt, bytes initData) external pure returns (bytes32 hashed);

        event ContractDeployed(address deployedContract);

        error ContractDeploymentError(bytes bytecode);
        error ContractInitializationError(address newContract, bytes data);
        error RefundExcessValueError(uint256 excessValue);
        error EmptyBytecode();
        error InitValueButNotInitData();
    }

    #[derive(Debug, PartialEq, Eq)]
    interface CacheManager {
        function placeBid(address program) external payable;
        function getMinBid(address program) external view returns (uint192 bid);
        function getMinBid(uint64 size) external view returns (uint192 bid);
        function cacheSize() external view returns (uint64 size);
        function queueSize() external view returns (uint64 size);
        function decay() external view returns (uint64 weiPerSecond);
        function isPaused() external view returns (bool paused);

        event InsertBid(bytes32 indexed codehash, address program, uint192 bid, uint64 size);
        event DeleteBid(bytes32 indexed codehash, uint192 bid, uint64 size);

        error AlreadyCached(bytes32 codehash);
        error BidTooSmall(uint192 bid, uint192 min);
    }
}
